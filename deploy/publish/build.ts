import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** What a release commit has beside its sources: who deploys it builds nothing. */
export const BUILT = ['server/web/dist', 'docs/code/dist', 'deploy/bundle/dist']

const SCRIPTS = ['server/web/build.ts', 'deploy/bundle/build.ts', 'docs/code/build.ts']
/** Packages for other machines, kept from one build of the agent to the next. */
const PUBLISHED = 'edge-agent/node_modules/.published'

/** Installs and builds in `folder`, where the files of a commit are laid out. @throws Error where something fails */
export function buildIn(folder: string) {
  const [pnpm = ''] = /\bpnpm@\d+\.\d+\.\d+\b/.exec(readFileSync(join(folder, 'package.json'), 'utf8')) ?? []
  run(folder, 'npx', ['--prefer-offline', '--yes', pnpm, 'install', '--frozen-lockfile'])
  for (const script of SCRIPTS) runNode(folder, script)
}

/** @param which machines, as `npm run build:agent` takes them @returns the archives */
export function packAgents(folder: string, root: string, which: string[]): string[] {
  if (which.length === 0) return []
  if (existsSync(join(root, PUBLISHED))) cpSync(join(root, PUBLISHED), join(folder, PUBLISHED), { recursive: true })
  return runNode(folder, 'edge-agent/build/build.ts', ...which)
    .split('\n')
    .filter(Boolean)
}

function runNode(folder: string, ...args: string[]): string {
  return run(folder, join(folder, 'node_modules/.bin/node'), args)
}

function run(cwd: string, program: string, args: string[]): string {
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH }
  const stdout = execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  return stdout.trimEnd()
}
