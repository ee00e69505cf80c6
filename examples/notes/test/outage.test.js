import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'

import { proxy } from './proxy.js'
import { start } from './running.js'

const database = await proxy(process.env.DATABASE_URL)
const { ask, lines, port, stop } = await start({
  DATABASE_URL: database.url,
  DATABASE_STATEMENT_TIMEOUT: '0.5',
  DATABASE_CONNECT_TIMEOUT: '0.5',
  REQUEST_TIMEOUT: '1',
})
const status = async () => (await ask('GET', '/health')).status

test('health follows the database, and connections that were cut are replaced', async () => {
  assert.equal(await status(), 200)
  database.cut()
  await wait(50)
  assert.equal(await status(), 200)
})

test('a silent database holds no request longer than REQUEST_TIMEOUT, and is forgiven', async () => {
  database.silence(true)
  const began = Date.now()
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask('GET', '/notes')))
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [503])
  assert.ok(Date.now() - began < 2000)
  assert.equal(await status(), 503)
  database.silence(false)
  const deadline = Date.now() + 5000
  while ((await status()) !== 200) assert.ok(Date.now() < deadline, 'did not come back')
})

test('SIGTERM lets a running request finish, and then ends the app', async () => {
  const options = { port, path: '/notes', method: 'POST', headers: { Expect: '100-continue' } }
  const running = request(options)
  running.flushHeaders()
  await once(running, 'continue')
  const ended = stop()
  while (lines.at(-1).message !== 'stopping') await wait(10)
  running.end(JSON.stringify({ title: 'last' }))
  const [response] = await once(running, 'response')
  assert.equal(response.resume().statusCode, 201)
  assert.equal(await ended, 0)
  assert.deepEqual(lines.filter(({ level }) => level === 'error'), [])
})
