import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Catalog } from '../src/tasks/catalog/catalog.ts'
import { launch } from '../src/tasks/launch/launch.ts'

/**
 * Runs tasks as a job worker's process does, and bare, alternated: `launching-child.ts TASKS FOLDER ROUNDS NAME...`. Prints
 * as JSON how long each took, ms, and what is started: `{NAME: {bare, launched, command}}`.
 */

const [tasksFolder = '', folder = '', rounds = '', ...names] = process.argv.slice(2)
const catalog = new Catalog({
  ...{ ownFolder: tasksFolder, folder: tasksFolder, compiledFolder: join(folder, 'compiled') },
  limits: { ms: 60_000, memoryBytes: 1e9, processes: 64, outputBytes: 1e9 },
})
let number = 0

/** A working directory and a folder for the result, as each launch has its own. */
function folders() {
  const base = join(folder, String(++number))
  const [workFolder, outFolder] = [join(base, 'work'), join(base, 'out')]
  for (const path of [workFolder, outFolder]) mkdirSync(path, { recursive: true })
  return { base, workFolder, outFolder }
}

async function bare(name: string, command: string[]) {
  const { base, workFolder, outFolder } = folders()
  writeFileSync(join(workFolder, 'params.json'), '{"n":1}')
  const [program = '', ...first] = command
  const startedAt = performance.now()
  const args = ['-n', name, '-i', join(workFolder, 'params.json'), '-d', workFolder, '-o', outFolder]
  const child = spawn(program, [...first, ...args], { cwd: workFolder, stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  await once(child, 'close')
  const { outfile } = JSON.parse(printed.slice(printed.indexOf('\n{')))
  readFileSync(outfile)
  const ms = performance.now() - startedAt
  rmSync(base, { recursive: true })
  return ms
}

const measured: Record<string, { bare: number[]; launched: number[]; command: string[] }> = {}
for (const name of names) {
  const task = await catalog.find(name)
  if (!task || 'error' in task) throw new Error(`${name}: ${task?.error ?? 'there is none'}`)
  const { command, limits } = task
  const times = { bare: [] as number[], launched: [] as number[], command }
  for (let round = -2; round < Number(rounds); round++) {
    const bareMs = await bare(name, command)
    const { base, workFolder, outFolder } = folders()
    const startedAt = performance.now()
    const signal = new AbortController().signal
    const { outfile } = await launch({ command, name, params: { n: 1 }, workFolder, outFolder, limits, signal })
    readFileSync(outfile)
    const ms = performance.now() - startedAt
    rmSync(base, { recursive: true })
    if (round < 0) continue // the first ones fill caches
    times.bare.push(bareMs)
    times.launched.push(ms)
  }
  measured[name] = times
}
console.log(JSON.stringify(measured))
