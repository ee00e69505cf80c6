import { Refusal } from './refusal.js'

const LARGEST = 64 * 1024

/** The JSON that a request carries. */
export async function readBody(request) {
  const bytes = await readBytes(request)
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new Refusal(400, 'no-json', 'the body is not JSON')
  }
}

async function readBytes(request) {
  const chunks = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += chunk.length
      if (size > LARGEST) throw new Refusal(413, 'too-large', `a note has at most ${LARGEST} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'cut-off', 'the body has no end')
  }
  return Buffer.concat(chunks)
}
