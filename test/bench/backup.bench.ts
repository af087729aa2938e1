import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addDevices, compareDelays, drained, median, publish, STEADY, startBenchServer } from './peers.ts'

const PUBLISHERS = 10
const ROUNDS = 5
const SECONDS = 6
const COMMAND = fileURLToPath(new URL('../../server/src/backup-process.ts', import.meta.url))

/** What frames wait for their PUBACK while a backup of all frames is made again and again, against the same server without. */
export default async function backup() {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-bench-backup-'))
  const dataDir = join(folder, 'data')
  const server = await startBenchServer({ AJAR_DATA_DIR: dataDir, AJAR_BACKUP_AT: 'off' })
  try {
    const clients = await addDevices(server.api, PUBLISHERS)
    const latencies: [number[][], number[][]] = [[], []]
    const backups: { seconds: number; megabytes: number }[] = []
    let mostWal = 0
    // The first round is not counted: it warms all.
    for (let round = -1; round < ROUNDS; round++)
      for (const withBackup of [false, true]) {
        const made = { isOver: false }
        const making = withBackup ? again(join(folder, 'backups'), dataDir, made, backups) : Promise.resolve()
        const watching = setInterval(() => {
          mostWal = Math.max(mostWal, statSync(join(dataDir, 'state.db-wal')).size)
        }, 100)
        const report = await publish({ ...STEADY, seconds: SECONDS, url: server.mqtt, clients })
        clearInterval(watching)
        made.isOver = true
        await making
        if (round >= 0) latencies[withBackup ? 1 : 0].push(report.latencies)
        await drained(server.api)
      }
    console.log(`${STEADY.rate} frames/s of 100 kB, QoS 1, ${ROUNDS} x ${SECONDS} s each, alternating, medians`)
    const speed = median(backups.map(({ seconds, megabytes }) => megabytes / seconds))
    console.log(
      `${backups.length} whole backups of all frames meanwhile, ${speed.toFixed(0)} MB/s; the journal of state.db grew to ${(mostWal / 1e6).toFixed(1)} MB`,
    )
    for (const line of compareDelays(latencies, 'during a backup')) console.log(line)
  } finally {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Backups one after the other, each of everything: nothing is there to share. */
async function again(
  folder: string,
  dataDir: string,
  made: { isOver: boolean },
  backups: { seconds: number; megabytes: number }[],
) {
  while (!made.isOver) {
    await rm(folder, { recursive: true, force: true })
    const began = performance.now()
    const environment = { ...process.env, AJAR_DATA_DIR: dataDir }
    const child = spawn(process.execPath, [COMMAND, folder, '--all-frames'], {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`the backup ended with ${code}`)
    const [name = ''] = readdirSync(folder).filter((one) => one.startsWith('ajar-'))
    const files = readdirSync(join(folder, name), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    )
    const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0)
    backups.push({ seconds: (performance.now() - began) / 1000, megabytes: bytes / 1e6 })
  }
}
