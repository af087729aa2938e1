import { readFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, rolldown } from 'rolldown'
import { lighter } from './lighter.ts'

const ENTRY = fileURLToPath(new URL('../src/agent-process.ts', import.meta.url))
/** The oldest Node that the agent runs on: nothing that is newer than this is left in the script. */
const TARGET = 'node22'
const OLDEST_NODE = Number(TARGET.replace('node', ''))
/** Before anything else: an older one would run some of it, and fail at what it lacks. */
const CHECK = `if(parseInt(process.versions.node)<${OLDEST_NODE}){console.error('ajar-agent needs Node ${OLDEST_NODE} or later, and this is '+process.version+': take one from https://nodejs.org, or the archive for this machine, which brings it (README.md)');process.exit(2)}`
/** koffi is machine code, which lies beside the script; sharp is for a checkout alone; the others are mqtt.js' and ws' to try. */
const OUTSIDE = ['koffi', 'sharp', 'bufferutil', 'utf-8-validate']
const CALLED = /createRequire\(import\.meta\.url\)\('([^']+)'\)/g
const PACKAGE = new RegExp(`^(.*${sep}node_modules${sep}(?:@[^${sep}]+${sep})?[^${sep}]+)${sep}`)

export interface Script {
  code: string
  /** Folders of the packages of others whose code is in it. */
  packages: string[]
}

/** The agent and all that it is made of, but for machine code, as one ES module. */
export async function agentScript(): Promise<Script> {
  const bundle = await rolldown({
    input: ENTRY,
    platform: 'node',
    external: OUTSIDE,
    transform: { target: TARGET },
    plugins: [lighter(), nothingUnseen()],
    checks: { eval: false, pluginTimings: false }, // by eval, file-type of node-raspistill loads a module
    logLevel: 'warn',
  })
  const { output } = await bundle.generate({
    format: 'esm',
    postBanner: CHECK,
    codeSplitting: false,
    // What is loaded when it is needed is still evaluated only then, though it lies in the same file.
    strictExecutionOrder: true,
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    comments: false,
  })
  await bundle.close()
  const [script, ...others] = output
  if (others.length > 0) throw new Error(`one file was expected, and there are ${output.length}`)
  const packages = script.moduleIds.filter((id) => !id.startsWith('\0')).flatMap((id) => PACKAGE.exec(id)?.[1] ?? [])
  return { code: script.code, packages: [...new Set(packages)].sort() }
}

/** What is asked for past `import` nobody sees but who runs it: only what lies beside the script may be. */
function nothingUnseen(): Plugin {
  return {
    name: 'nothing-unseen',
    transform(code, id) {
      if (id.includes('/node_modules/')) return null
      for (const [, name = ''] of code.matchAll(CALLED))
        if (!OUTSIDE.includes(name)) this.error(`${id} asks for ${name} by createRequire: let it \`await import\` that`)
      return null
    },
  }
}

/** Whose code is in a script, and on which terms: what most of their licences ask for. */
export async function noticeOf(packages: string[]): Promise<string> {
  const parts = await Promise.all(
    packages.map(async (folder) => {
      const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
      return `## ${name} ${version} (${license ?? 'see below'})\n\n${await licenceIn(folder)}`
    }),
  )
  return `ajar-agent.mjs holds code of these packages, beside ajar's own (LICENSE).\n\n${parts.join('\n')}`
}

async function licenceIn(folder: string): Promise<string> {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENCE', 'license.md', 'License.md'])
    try {
      return `${(await readFile(join(folder, name), 'utf8')).trim()}\n`
    } catch {
      // the next name
    }
  return `Its package has no file of a licence: ${dirname(folder) === folder ? '' : 'see its package.json'}\n`
}
