import { createHash } from 'node:crypto'

import pg from 'pg'

/** How long after the server's own timeout a statement is given up here. */
const GRACE = 1000

/**
 * A class of connections that never wait for ever.
 *
 * The server ends a statement after its timeout, as the role is set up. A server that is cut off
 * says nothing at all: then the connection is destroyed, the pool drops it and opens another one.
 */
export function connection({ connectTimeout, statementTimeout, prepared }) {
  return class Connection extends pg.Client {
    constructor(options) {
      super({ ...options, connectionTimeoutMillis: connectTimeout })
    }

    query(statement, values, callback) {
      const silent = new Error('the database did not answer in time')
      const destroy = () => this.connection.stream.destroy(silent)
      const timer = setTimeout(destroy, statementTimeout + GRACE)
      const asked = prepared ? named(statement) : statement
      if (callback) {
        return super.query(asked, values, (...answer) => {
          clearTimeout(timer)
          callback(...answer)
        })
      }
      return super.query(asked, values).finally(() => clearTimeout(timer))
    }
  }
}

/** A statement with a name is prepared once in each connection, and found by its name again. */
function named(statement) {
  if (!statement.values) return statement
  return { ...statement, name: createHash('sha256').update(statement.text).digest('hex').slice(0, 32) }
}
