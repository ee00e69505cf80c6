import { log } from './log.js'
import { Refusal } from './refusal.js'
import { route } from './routes.js'
import { Unavailable } from './store.js'

const HEALTH_TIMEOUT = 3000

/** Answers requests: every one of them, within the time that a request may take. */
export function application(store, settings) {
  return async (request, response) => {
    const began = performance.now()
    const [path, query = ''] = request.url.split('?', 2)
    const limit = path === '/health' ? HEALTH_TIMEOUT : settings.requestTimeout
    const answer = await within(Math.min(limit, settings.requestTimeout), async () => {
      const { endpoint, id } = route(request.method, path)
      return endpoint({ store, request, id, query: new URLSearchParams(query) })
    }).catch(refused)
    send(request, response, answer, settings.release)
    const ms = Math.round(performance.now() - began)
    log('info', 'request', { method: request.method, path, status: answer.status, ms })
  }
}

/** The work's result, or a refusal when it takes too long; what it still does is then dropped. */
async function within(limit, work) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Refusal(503, 'timeout', 'that took too long')), limit)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}

function refused(error) {
  if (error instanceof Refusal) return failure(error.status, error.code, error.message)
  if (error instanceof Unavailable) {
    log('warning', error.message, { cause: String(error.cause?.message ?? error.cause).trim() })
    return failure(503, 'unavailable', 'the notes cannot be reached at the moment')
  }
  log('error', 'unexpected', { stack: error.stack })
  return failure(500, 'unexpected', 'this is our mistake')
}

const failure = (status, code, message) => ({ status, body: { error: { code, message } } })

function send(request, response, { status, body, headers = {} }, release) {
  // What was not read of a request would be taken for the next one.
  if (!request.complete) response.setHeader('Connection', 'close')
  if (status === 503) response.setHeader('Retry-After', '1')
  if (body) response.setHeader('Content-Type', 'application/json')
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('X-Release', release)
  response.statusCode = status
  response.end(body && `${JSON.stringify(body)}\n`)
}
