import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { installed, versionOf } from '../installed.ts'
import type { Language, Plan } from '../language.ts'
import { endsIn, mainFile } from '../main-file.ts'
import type { ProgramRequest, SourceFile } from '../program.ts'
import { readmeOf } from '../project-readme.ts'
import { refuseProof } from '../proving.ts'
import { switchesFor } from '../switches.ts'

const isSource = endsIn(['.sh', '.bash'])

/** Scripts for a shell: bash where the file's name or its first line says so, else `/bin/sh`. */
export const shell: Language = {
  name: 'shell',
  title: 'Shell',
  endings: ['.sh', '.bash'],
  example: {
    basename: 'main.sh',
    contents: '#!/bin/sh\nname=world\nif [ $# -gt 0 ]; then name=$1; fi\n\necho "Hello, $name!"\n',
  },
  switches: {},
  base(request) {
    const begins = begin(request)
    const name = nameOfShell(begins)
    const needs = name === 'bash' ? 'It needs bash.' : 'It needs a POSIX shell, such as `sh` of every Unix.'
    return [readmeOf(request, { needs, build: [], run: `${name} ${begins.basename}` })]
  },
  async find() {
    const bash = installed('bash')
    const sh = installed('sh')
    if (!sh) return null
    const version = bash && (await versionOf(bash, '--version'))
    return {
      version: [`sh is ${basename(realpathSync(sh))}`, ...(version ? [`bash ${version}`] : [])].join(', '),
      modes: ['run', 'submit', 'compile'],
      shows: [],
      plan: (request) => plan({ sh, bash: bash ?? sh }, request),
    }
  },
}

function plan(shells: { sh: string; bash: string }, request: ProgramRequest): Plan {
  switchesFor('Compiler', shell.switches, request.switches)
  switchesFor('Builder', shell.switches, request.switches)
  refuseProof(request.mode, shell)
  if (request.mode === 'compile')
    return {
      files: [],
      build: request.files.filter(isSource).map((file) => ({
        shown: `${nameOfShell(file)} -n ${file.basename}`,
        command: [shells[nameOfShell(file)], '-n', file.basename],
        environment: {},
      })),
      run: null,
    }
  const file = begin(request)
  return {
    files: [],
    build: [],
    run: {
      shown: `${nameOfShell(file)} ${file.basename}`,
      command: [shells[nameOfShell(file)], file.basename],
      environment: {},
    },
  }
}

const nameOfShell = ({ basename, contents }: SourceFile) =>
  basename.endsWith('.bash') || /^#!.*\bbash\b/.test(contents) ? 'bash' : 'sh'

const begin = ({ files, main }: { files: readonly SourceFile[]; main: string }) =>
  mainFile(files.filter(isSource), main, (contents) => contents.startsWith('#!'))
