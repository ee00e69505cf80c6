import { ENDPOINTS } from './endpoints.js'
import { Refusal } from './refusal.js'

const ROUTES = Object.entries(ENDPOINTS).map(([route, endpoint]) => {
  const [method, path] = route.split(' ')
  return { method, pattern: new RegExp(`^${path.replace(':id', '(?<id>[^/]+)')}$`), endpoint }
})

/** The endpoint for a method and a path, and the id in the path. */
export function route(method, path) {
  const here = ROUTES.filter(({ pattern }) => pattern.test(path))
  if (!here.length) throw new Refusal(404, 'no-page', 'there is nothing here')
  const asked = method === 'HEAD' ? 'GET' : method
  const found = here.find((one) => one.method === asked)
  if (!found) throw new Refusal(405, 'method', `try ${here.map((one) => one.method).join(' or ')}`)
  return { endpoint: found.endpoint, id: found.pattern.exec(path).groups?.id }
}
