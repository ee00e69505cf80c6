import { readBody } from './body.js'
import { listForm, noteForm, noteId } from './forms.js'
import { Refusal } from './refusal.js'

/** What is answered to what: each gives a status and, where there is something to say, a body. */
export const ENDPOINTS = {
  'GET /health': health,
  'GET /notes': list,
  'POST /notes': create,
  'GET /notes/:id': read,
  'DELETE /notes/:id': remove,
}

/** Whether requests can be served: not without the database. */
async function health({ store }) {
  await store.check()
  return { status: 200, body: { status: 'healthy' } }
}

async function list({ store, query }) {
  return { status: 200, body: { notes: await store.list(listForm(query)) } }
}

async function create({ store, request }) {
  const note = await store.create(noteForm(await readBody(request)))
  return { status: 201, body: note, headers: { Location: `/notes/${note.id}` } }
}

async function read({ store, id }) {
  const note = await store.read(noteId(id))
  if (!note) throw new Refusal(404, 'no-note', 'there is no such note')
  return { status: 200, body: note }
}

async function remove({ store, id }) {
  if (!(await store.delete(noteId(id)))) throw new Refusal(404, 'no-note', 'there is no such note')
  return { status: 204 }
}
