/** What the app is told from outside. Durations come in seconds and are kept in milliseconds. */

export class SettingsError extends Error {}

export function readSettings(environment) {
  return {
    databaseUrl: databaseUrl(environment.DATABASE_URL),
    connectTimeout: milliseconds(environment, 'DATABASE_CONNECT_TIMEOUT', 5),
    poolTimeout: milliseconds(environment, 'DATABASE_POOL_TIMEOUT', 10),
    poolSize: positive(environment, 'DATABASE_POOL_SIZE', 10),
    statementTimeout: milliseconds(environment, 'DATABASE_STATEMENT_TIMEOUT', 15),
    prepared: environment.DATABASE_PREPARED_STATEMENTS === 'on',
    requestTimeout: milliseconds(environment, 'REQUEST_TIMEOUT', 30),
    release: environment.UZ_RELEASE || 'dev',
  }
}

function databaseUrl(text) {
  // It is not repeated in the message: there is a password in it.
  if (!/^postgres(ql)?:\/\/./.test(text ?? '')) {
    throw new SettingsError('DATABASE_URL: write postgresql://USER:PASSWORD@HOST:PORT/NAME')
  }
  return text
}

function milliseconds(environment, name, usual) {
  return Math.ceil(positive(environment, name, usual) * 1000)
}

function positive(environment, name, usual) {
  const value = Number(environment[name] || usual)
  if (!(value > 0 && value <= 86_400)) {
    throw new SettingsError(`${name}: ${environment[name]} is not a number above 0`)
  }
  return value
}
