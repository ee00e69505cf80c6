import { Refusal } from './refusal.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const TAG = /^[\p{L}\p{N}][\p{L}\p{N}-]{0,39}$/u
const LONGEST = { title: 200, text: 20_000 }
const MOST_TAGS = 20
const MOST_NOTES = 100

/** A new note as it was sent, checked. */
export function noteForm(sent) {
  if (typeof sent !== 'object' || sent === null) throw wrong('a note is an object')
  const { title, text = '', tags = [] } = sent
  for (const [name, value] of Object.entries({ title, text })) {
    // PostgreSQL stores every character but this one.
    if (typeof value !== 'string' || value.includes('\0')) throw wrong(`${name} is not a text`)
    if (value.length > LONGEST[name]) throw wrong(`${name} has over ${LONGEST[name]} characters`)
  }
  if (!title.trim()) throw wrong('title is empty')
  if (!Array.isArray(tags) || tags.length > MOST_TAGS) throw wrong(`tags: at most ${MOST_TAGS}`)
  return { title, text, tags: [...new Set(tags.map(tag))] }
}

/** Which notes are to be listed. */
export function listForm(query) {
  const limit = query.get('limit') ?? '20'
  if (!/^[1-9]\d{0,2}$/.test(limit) || limit > MOST_NOTES) throw wrong(`limit: 1 to ${MOST_NOTES}`)
  const [before, name] = ['before', 'tag'].map((key) => query.get(key) ?? undefined)
  return { limit: Number(limit), before: before && noteId(before), tag: name && tag(name) }
}

/** The id of a note; there is none with an id of another form. */
export function noteId(text) {
  if (!UUID.test(text)) throw new Refusal(404, 'no-note', 'there is no such note')
  return text
}

function tag(text) {
  if (typeof text !== 'string' || !TAG.test(text)) {
    throw wrong('a tag has 1 to 40 letters, digits and hyphens')
  }
  return text
}

const wrong = (message) => new Refusal(422, 'wrong', message)
