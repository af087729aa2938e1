import { realpathSync } from 'node:fs'
import { findUsers } from '../../sandbox/users.ts'
import { type FoundLanguage, type Language, MissingTool, type Plan, type Step } from '../language.ts'
import { endsIn, mainFile } from '../main-file.ts'
import type { ProgramLimits, ProgramRequest, SourceFile } from '../program.ts'
import { readmeOf } from '../project-readme.ts'
import { refuseProof } from '../proving.ts'
import { forEveryone } from '../reachable.ts'
import { switchesFor } from '../switches.ts'
import { type Checker, findChecker } from '../typescript-checker.ts'

const ENDINGS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']
const isSource = endsIn(ENDINGS)
const isTyped = endsIn(['.ts', '.mts', '.cts'])

/** Where a box sees the Node that this process runs on. */
const NODE = '/opt/node/bin/node'

/** TypeScript and JavaScript, by the Node that runs the server: it strips types itself, so nothing is built for a run. */
export const typescript: Language = {
  name: 'typescript',
  title: 'TypeScript and JavaScript',
  endings: ENDINGS,
  example: {
    basename: 'main.ts',
    contents: "const name: string = process.argv[2] ?? 'world'\n\nconsole.log('Hello, ' + name + '!')\n",
  },
  switches: {},
  base(request) {
    const main = begin(request).basename
    const tsconfig = {
      basename: 'tsconfig.json',
      contents: `${JSON.stringify({ compilerOptions: OPTIONS }, null, 2)}\n`,
    }
    const manifest = {
      name:
        request.name
          .toLowerCase()
          .replace(/[^a-z0-9]+/g, '-')
          .replace(/^-|-$/g, '') || 'program',
      private: true,
      engines: { node: NODES },
      scripts: {
        start: ['node', ...nodeOptions(), main].join(' '),
        check: 'tsc',
      },
      devDependencies: { '@types/node': '*', typescript: '*' },
    }
    const types = request.files.some(isTyped)
      ? ' Node does not look at types: `npm install` and `npm run check` have TypeScript check them.'
      : ''
    const needs = `It needs Node 24, or Node 22 from 22.7 on.${types}`
    return [
      readmeOf(request, { needs, build: [], run: 'npm start --silent --' }),
      { basename: 'package.json', contents: `${JSON.stringify(manifest, null, 2)}\n` },
      ...(request.files.some(isTyped) ? [tsconfig] : []),
    ]
  },
  async find(): Promise<FoundLanguage> {
    const program = await nodeForBoxes()
    const checker = findChecker()
    return {
      version: `Node ${process.versions.node}`,
      modes: ['run', 'submit', 'compile'],
      shows: [{ from: program, to: NODE }, ...(checker?.shows ?? [])],
      plan: (request, limits) => plan(checker, request, limits),
    }
  },
}

/** @throws MissingTool: boxes, which run as other users, cannot have it */
async function nodeForBoxes(): Promise<string> {
  const program = realpathSync(process.execPath)
  // Where there are no other users, boxes run as this one.
  if (findUsers().kind === 'own') return program
  const found = await forEveryone(program)
  if (found) return found
  throw new MissingTool(
    'node',
    `TypeScript and JavaScript cannot be run: ${program} lies where other users cannot read it, and no copy can be made in /var/tmp.`,
  )
}

/** Releases that know the options which a project is started with. */
const NODES = '^22.7.0 || ^24.0.0'

/** What `tsc` is asked, here and in a project that was downloaded: what Node takes, and nothing that it would refuse. */
const OPTIONS = {
  target: 'esnext',
  // Without those of a browser, which Node has not.
  lib: ['esnext'],
  module: 'preserve',
  // A file without imports is a module too: its names do not clash with those of other files.
  moduleDetection: 'force',
  verbatimModuleSyntax: true,
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: ['node'],
}

function plan(checker: Checker | null, request: ProgramRequest, limits: ProgramLimits): Plan {
  switchesFor('Compiler', typescript.switches, request.switches)
  switchesFor('Builder', typescript.switches, request.switches)
  refuseProof(request.mode, typescript)
  if (request.mode === 'compile') return { files: [], build: checks(checker, request), run: null }
  const { basename } = begin(request)
  return {
    files: [],
    build: [],
    run: {
      shown: `node ${basename}`,
      command: [NODE, ...nodeOptions(), `--max-old-space-size=${heap(limits)}`, basename],
      environment: {},
    },
  }
}

/** Megabytes: Node collects its garbage in time only if it knows what it may have, and says so where that is not enough. */
const heap = ({ memoryBytes }: ProgramLimits) => Math.max(32, Math.floor((memoryBytes * 0.6) / 1024 ** 2))

/** What has Node run TypeScript as people write it, enumerations included, and say nothing about that. */
const nodeOptions = () =>
  [
    '--experimental-transform-types',
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
  ].filter((option) => process.allowedNodeEnvironmentFlags.has(option.split('=')[0] as string))

/** Types by `tsc`, where it is installed; without it, and for JavaScript, whether it can be read at all. */
function checks(checker: Checker | null, request: ProgramRequest): Step[] {
  const typed = request.files.filter(isTyped).map(({ basename }) => basename)
  const plain = request.files.filter((file) => isSource(file) && !isTyped(file)).map(({ basename }) => basename)
  const steps: Step[] = plain.map((basename) => ({
    shown: `node --check ${basename}`,
    command: [NODE, '--check', basename],
    environment: {},
  }))
  if (typed.length === 0) return steps
  if (checker) {
    const { types: _, lib: __, ...options } = OPTIONS
    const flags = Object.entries({ ...options, ...checker.options }).flatMap(([name, value]) => [
      `--${name}`,
      String(value),
    ])
    return [
      ...steps,
      {
        shown: `tsc --strict --noEmit ${typed.join(' ')}`,
        command: ['/bin/sh', '-c', COMPLAINS, 'sh', ...command(checker), ...flags, ...typed],
        environment: {},
      },
    ]
  }
  return [
    ...steps,
    {
      shown: `node --check ${typed.join(' ')}`,
      command: [NODE, '--disable-warning=ExperimentalWarning', '-e', READS, '--', ...typed],
      environment: {},
    },
  ]
}

const command = (checker: Checker) => (checker.isProgram ? [checker.path] : [NODE, checker.path])

/** Other compilers say what is wrong on their standard error, and `tsc` does not. */
const COMPLAINS = 'exec "$@" >&2'

/** Node's own `--check` reads no types. */
const READS = `
const { readFileSync } = require('node:fs')
const { stripTypeScriptTypes } = require('node:module')
for (const file of process.argv.slice(1))
  try {
    stripTypeScriptTypes(readFileSync(file, 'utf8'), { mode: 'transform' })
  } catch (error) {
    console.error(file + ': ' + error.message)
    process.exitCode = 1
  }
`

const begin = ({ files, main }: { files: readonly SourceFile[]; main: string }) =>
  mainFile(files.filter(isSource), main, (contents) => /^#!|\bprocess\.argv\b/m.test(contents))
