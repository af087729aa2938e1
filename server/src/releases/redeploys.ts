import type { Kysely } from 'kysely'
import type { JobRow, StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { conflict, notFound } from '../http/errors.ts'
import type { Log } from '../logging/levels.ts'
import type { Home } from './home.ts'
import { findRelease } from './releases.ts'
import { checkWanted, type Wanted } from './wanted.ts'

export const REDEPLOY = 'redeploy'

export interface RedeploysPorts {
  database: StateDatabase
  /** Null: this server does not redeploy. */
  home: Home | null
  hasRemote: boolean
  addJob(
    transaction: Kysely<StateTables>,
    kind: string,
    camera: null,
    params: Record<string, unknown>,
    options: { owner: string },
  ): Promise<JobRow>
  wakeJobs(): void
  /** Milliseconds UTC. */
  now(): number
  log: Pick<Log, 'warn'>
}

/** Asks for redeploys: one at a time, as jobs that only tell what the redeployer does. */
export class Redeploys {
  readonly #ports: RedeploysPorts

  constructor(ports: RedeploysPorts) {
    this.#ports = ports
  }

  /**
   * @returns its job
   * @throws HttpError 400 `bad_ref`, `ref_and_release`; 404 for a release that is not there; 409 `not_redeployable`,
   * `no_remote`, `release_bad`, `redeploy_running`
   */
  async begin(wanted: Wanted, owner: string): Promise<JobRow> {
    const { database, home, hasRemote, addJob, wakeJobs, now, log } = this.#ports
    checkWanted(wanted)
    if (!home) throw notRedeployable()
    const { release, force } = wanted
    if (release !== null) await checkRelease(home, release, force)
    else if (!hasRemote) throw noRemote()
    const job = await database.write.transaction().execute(async (transaction) => {
      const running = await runningIn(transaction)
      if (running) throw conflict('redeploy_running', `one redeploy at a time: job ${running.id} has not ended`)
      return addJob(transaction, REDEPLOY, null, { ...wanted, askedAt: now() }, { owner })
    })
    log.warn({ job: job.id, by: owner, ...wanted }, 'a redeploy was asked for')
    wakeJobs()
    return job
  }

  /** The one that has not ended. */
  async running(): Promise<JobRow | null> {
    return (await runningIn(this.#ports.database.read)) ?? null
  }
}

function runningIn(database: Kysely<StateTables>): Promise<JobRow | undefined> {
  return database
    .selectFrom('jobs')
    .selectAll()
    .where('kind', '=', REDEPLOY)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst()
}

async function checkRelease(home: Home, id: string, force: boolean) {
  const found = await findRelease(home, id)
  if (!found) throw notFound(`the release ${id}`)
  if (found.state === 'bad' && !force)
    throw conflict('release_bad', `${id} is marked bad (${found.reason}): say "force":true where that holds no more`)
}

function notRedeployable() {
  const toDo = 'install it as a service (deploy/README.md) or start it with `npm start`, and it does'
  return conflict('not_redeployable', `this server was started by hand and does not redeploy: ${toDo}`)
}

function noRemote() {
  const toDo = 'set AJAR_RELEASE_REMOTE_URL, or name a release that is there'
  return conflict('no_remote', `no repository is set that releases come from: ${toDo}`)
}
