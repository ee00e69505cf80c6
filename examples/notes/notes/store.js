import { PrismaPg } from '@prisma/adapter-pg'
import { Prisma, PrismaClient } from '@prisma/client'

import { connection } from './connection.js'

const ALL = { include: { tags: { orderBy: { name: 'asc' } } } }

/** The database did not do what it was asked: it is away, overloaded or too slow. */
export class Unavailable extends Error {}

/** The notes in PostgreSQL. Nothing is connected before it is needed. */
export class Store {
  #prisma

  constructor(settings) {
    const adapter = new PrismaPg({
      connectionString: settings.databaseUrl,
      max: settings.poolSize,
      connectionTimeoutMillis: settings.poolTimeout,
      Client: connection(settings),
    })
    this.#prisma = new PrismaClient({
      adapter,
      transactionOptions: { maxWait: settings.poolTimeout, timeout: settings.statementTimeout },
    })
  }

  async check() {
    await answered(this.#prisma.$queryRaw`SELECT 1`)
  }

  /** Store a note and its tags, or nothing. */
  async create({ title, text, tags }) {
    const data = { title, text, tags: { create: tags.map((name) => ({ name })) } }
    return plain(await answered(this.#prisma.note.create({ data, ...ALL })))
  }

  /** Notes, the newest first; those before a note, and those with a tag. */
  async list({ limit, before, tag }) {
    const where = { id: { lt: before }, tags: tag === undefined ? undefined : { some: { name: tag } } }
    const query = { where, orderBy: { id: 'desc' }, take: limit, ...ALL }
    return (await answered(this.#prisma.note.findMany(query))).map(plain)
  }

  async read(id) {
    const note = await answered(this.#prisma.note.findUnique({ where: { id }, ...ALL }))
    return note && plain(note)
  }

  /** Whether there was such a note. */
  async delete(id) {
    const { count } = await answered(this.#prisma.note.deleteMany({ where: { id } }))
    return count > 0
  }

  async close() {
    await this.#prisma.$disconnect()
  }
}

const plain = (note) => ({ ...note, tags: note.tags.map(({ name }) => name) })

/** What was asked for. A query that Prisma itself refuses is a mistake of ours. */
async function answered(promise) {
  try {
    return await promise
  } catch (error) {
    if (error instanceof Prisma.PrismaClientValidationError) throw error
    throw new Unavailable('the database did not answer', { cause: error })
  }
}
