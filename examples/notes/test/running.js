import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after } from 'node:test'

const SERVER = new URL('../server.js', import.meta.url).pathname

/** Start the app on a free port; it is stopped after the tests. `lines` is what it has logged. */
export async function start(environment = {}) {
  const app = spawn(process.execPath, [SERVER], {
    env: { ...process.env, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(app, 'exit')
  const stop = async () => {
    app.kill('SIGTERM')
    return (await ended)[0]
  }
  after(stop)
  const lines = []
  const output = createInterface({ input: app.stdout })
  output.on('line', (line) => lines.push(JSON.parse(line)))
  await Promise.race([once(output, 'line'), ended])
  if (!lines.length) throw new Error('the app did not start')
  const { port } = lines[0]
  return { ask: asker(port), lines, port, stop }
}

/** A function that asks the app at a port and gives the status and what was answered. */
function asker(port) {
  return async (method, path, sent) => {
    const body = sent === undefined || typeof sent === 'string' ? sent : JSON.stringify(sent)
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text && JSON.parse(text) }
  }
}
