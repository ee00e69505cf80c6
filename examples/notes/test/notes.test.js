import assert from 'node:assert/strict'
import { test } from 'node:test'

import { start } from './running.js'

const { ask } = await start({ UZ_RELEASE: '0007' })
const FRESH = `t${Date.now()}`

async function create(form = {}) {
  const { status, body } = await ask('POST', '/notes', { title: 'Milk', ...form })
  assert.equal(status, 201)
  return body
}

test('a note is read as it was created, its tags once each and in order', async () => {
  const { status, headers, body } = await ask('POST', '/notes', {
    title: 'Milk', text: 'two bottles', tags: ['shop', 'food', 'shop'],
  })
  assert.equal(status, 201)
  assert.equal(headers.get('location'), `/notes/${body.id}`)
  assert.equal(headers.get('x-release'), '0007')
  const { created, id, ...rest } = (await ask('GET', `/notes/${body.id}`)).body
  assert.deepEqual(rest, { title: 'Milk', text: 'two bottles', tags: ['food', 'shop'] })
  assert.ok(Math.abs(Date.now() - Date.parse(created)) < 60_000)
})

test('notes are listed newest first, page by page, by their tag', async () => {
  const ids = []
  for (let n = 0; n < 5; n++) ids.unshift((await create({ tags: [FRESH] })).id)
  const first = (await ask('GET', `/notes?tag=${FRESH}&limit=3`)).body.notes
  const next = (await ask('GET', `/notes?tag=${FRESH}&limit=3&before=${first.at(-1).id}`)).body.notes
  assert.deepEqual([...first, ...next].map(({ id }) => id), ids)
})

test('a deleted note is gone, with its tags', async () => {
  const { id } = await create({ tags: [`${FRESH}x`] })
  assert.equal((await ask('DELETE', `/notes/${id}`)).status, 204)
  assert.equal((await ask('DELETE', `/notes/${id}`)).status, 404)
  assert.equal((await ask('GET', `/notes/${id}`)).status, 404)
  assert.deepEqual((await ask('GET', `/notes?tag=${FRESH}x`)).body.notes, [])
})

test('what is no note is refused', async () => {
  const wrong = [{}, [], null, { title: ' ' }, { title: 'a\0' }, { title: 'a', tags: ['a b'] },
    { title: 'a'.repeat(201) }, { title: 'a', text: 1 }, { title: 'a', tags: [{}] }]
  for (const form of wrong) assert.equal((await ask('POST', '/notes', form)).status, 422)
  assert.equal((await ask('POST', '/notes', '{')).status, 400)
  assert.equal((await ask('POST', '/notes', `"${'a'.repeat(70_000)}"`)).status, 413)
})

test('what is not there is told', async () => {
  for (const path of ['/', '//', '/%', '/notes/1', '/notes/a/b']) {
    assert.equal((await ask('GET', path)).status, 404)
  }
  assert.equal((await ask('PUT', '/notes')).status, 405)
  assert.equal((await ask('GET', '/notes?limit=0')).status, 422)
})

test('many at once share the few connections', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask('GET', '/notes?limit=5')))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
})
