/** Write one line of JSON to standard output. */
export function log(level, message, more = {}) {
  const line = { time: new Date().toISOString(), level, message, ...more }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
