// For `prisma migrate` and `prisma generate` alone; the server does not read it.
import { PrismaPg } from 'adapter-pg7'
import { defineConfig } from 'prisma/config'

// Prisma waits ten seconds for a lock and, once it has it, for the rest of them with nothing to do.
const wait = globalThis.setTimeout
globalThis.setTimeout = ((...all: Parameters<typeof wait>) =>
  all[1] === 10_000 ? wait(...all).unref() : wait(...all)) as typeof wait

export default defineConfig({
  schema: 'prisma/schema.prisma',
  // The engine in WebAssembly that comes with Prisma; any other would have to be downloaded.
  engine: 'js',
  experimental: { adapter: true },
  adapter: async () =>
    new PrismaPg({
      // Past PgBouncer: that lock is held by a session, and PgBouncer keeps sessions for whoever
      // comes next.
      connectionString: process.env.DATABASE_DIRECT_URL ?? process.env.DATABASE_URL,
      connectionTimeoutMillis: 10_000,
      allowExitOnIdle: true,
      max: 1,
    }),
})
