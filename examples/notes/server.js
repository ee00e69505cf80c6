import { createServer } from 'node:http'

import { application } from './notes/application.js'
import { log } from './notes/log.js'
import { readSettings } from './notes/settings.js'
import { Store } from './notes/store.js'

const settings = readSettings(process.env)
const store = new Store(settings)
const server = createServer(application(store, settings))

server.requestTimeout = settings.requestTimeout
server.headersTimeout = settings.requestTimeout
server.listen(process.env.PORT ?? 8000, '127.0.0.1', () => {
  log('info', 'listening', { port: server.address().port, release: settings.release })
})

/** Take nothing new, finish what is running, and end. */
async function stop(signal) {
  log('info', 'stopping', { signal })
  server.prependListener('request', (_, response) => response.setHeader('Connection', 'close'))
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  setTimeout(() => server.closeAllConnections(), settings.requestTimeout).unref()
  await closed
  await store.close()
}

process.once('SIGTERM', stop)
process.once('SIGINT', stop)
