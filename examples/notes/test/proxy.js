import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { after } from 'node:test'

/** A way to the database that a test can cut, or make silent. */
export async function proxy(url) {
  const target = new URL(url)
  const sockets = new Set()
  let silent = false
  const server = createServer((socket) => {
    const beyond = connect(target.port || 5432, target.hostname)
    for (const [from, to] of [[socket, beyond], [beyond, socket]]) {
      sockets.add(from)
      from.on('data', (data) => silent || to.write(data))
      from.on('close', () => to.destroy())
      from.on('error', () => to.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const here = new URL(url)
  here.hostname = '127.0.0.1'
  here.port = server.address().port
  const cut = () => sockets.forEach((socket) => socket.destroy())
  after(() => {
    server.close()
    cut()
  })
  return { url: here.href, cut, silence: (value) => (silent = value) }
}
