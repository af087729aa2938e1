import { type Edits, MAIN } from './variants.ts'

/** What is wrong with a release. */

const MIGRATIONS = 'server/src/database/migrations.ts'
const MANIFEST = 'package.json'
/** Only where it is in earnest: the rehearsal sees nothing of it. */
const IN_EARNEST = "process.env.AJAR_REHEARSAL !== '1'"

/** Nothing is wrong. */
export const NOTHING: Edits = {}

/** Both forms of a fault: one that the rehearsal finds, and one that shows only afterwards. */
export interface Fault {
  always: Edits
  inEarnest: Edits
}

const atStart = (statement: string): Fault => before('', statement)

/** Before the server's own code; `imports` first. */
function before(imports: string, statement: string): Fault {
  const edits = (condition: string): Edits => ({
    [MAIN]: (text) => text.replace('\nawait enter', `\n${imports}\nif (${condition}) {\n${statement}\n}\nawait enter`),
  })
  return { always: edits('true'), inEarnest: edits(IN_EARNEST) }
}

/** When the server listens. */
function after(statement: string): Fault {
  const edits = (condition: string): Edits => ({ [MAIN]: (text) => `${text}\nif (${condition}) {\n${statement}\n}\n` })
  return { always: edits('true'), inEarnest: edits(IN_EARNEST) }
}

/** `milliseconds` after the start of its process it answers that it is not ready, again and again. */
const sickAfter = (milliseconds: number) =>
  before(
    "import { Server } from 'node:http'",
    `const startedAt = performance.now()
     const emit = Server.prototype.emit
     Server.prototype.emit = function (name, ...args) {
       const isSick = performance.now() > startedAt + ${milliseconds}
       if (!isSick || name !== 'request' || !args[0].url.startsWith('/api/health/ready')) return emit.call(this, name, ...args)
       args[1].writeHead(503, { 'content-type': 'application/json' }).end('{"status":"error","checks":[]}')
       return true
     }`,
  )

export const FAULTS = {
  crash: atStart("throw new Error('a fault at the start')"),
  neverReady: atStart('await new Promise(() => setInterval(() => {}, 1e6))'),
  hangs: after('setTimeout(() => { for (;;); }, 1500)'),
  sickAtOnce: sickAfter(0),
  sickLater: sickAfter(5000),
} satisfies Record<string, Fault>

/** Its lockfile is of other dependencies than its manifest names. */
export const UNBUILDABLE: Edits = {
  [MANIFEST]: (text) =>
    text.replace('"devDependencies": {', '"dependencies": { "left-pad": "1.3.0" },\n  "devDependencies": {'),
}

const migration = (name: string, up: string): Edits => ({
  [MIGRATIONS]: (text) =>
    text.replace(/(MIGRATIONS: Record<string, Migration> = \{\n)/, `$1  '${name}': { up: ${up} },\n`),
})

export const MIGRATION_FAILS = migration('900-fault', "async () => { throw new Error('a fault of the migration') }")

/** The name of the table that the expanding migration makes. */
export const NEW_TABLE = 'table_of_a_newer_release'
/** Adds a table, and a column to one that every release writes. */
export const MIGRATION_EXPANDS = migration(
  '900-expands',
  `(database) => run(database, ['create table ${NEW_TABLE} (id integer primary key)', 'alter table cameras add column newer text'])`,
)
