import { installed, versionOf } from '../installed.ts'
import type { Language, Plan } from '../language.ts'
import { endsIn, mainFile } from '../main-file.ts'
import type { ProgramRequest, SourceFile } from '../program.ts'
import { readmeOf } from '../project-readme.ts'
import { refuseProof } from '../proving.ts'
import { switchesFor } from '../switches.ts'

const isSource = endsIn(['.py'])

/** Python 3, as the machine has it, with what else of Debian's packages is installed for it. */
export const python: Language = {
  name: 'python',
  title: 'Python',
  endings: ['.py'],
  example: {
    basename: 'main.py',
    contents: 'import sys\n\nname = sys.argv[1] if len(sys.argv) > 1 else "world"\nprint(f"Hello, {name}!")\n',
  },
  switches: {},
  base: (request) => [
    readmeOf(request, { needs: 'It needs Python 3.', build: [], run: `python3 ${begin(request).basename}` }),
  ],
  async find() {
    const program = installed('python3')
    const version = program && (await versionOf(program, '--version'))
    if (!program || !version) return null
    return { version, modes: ['run', 'submit', 'compile'], shows: [], plan: (request) => plan(program, request) }
  },
}

function plan(program: string, request: ProgramRequest): Plan {
  switchesFor('Compiler', python.switches, request.switches)
  switchesFor('Builder', python.switches, request.switches)
  refuseProof(request.mode, python)
  const sources = request.files.filter(isSource).map(({ basename }) => basename)
  if (request.mode === 'compile')
    return {
      files: [],
      build: [
        {
          shown: `python3 -m py_compile ${sources.join(' ')}`,
          command: [program, '-m', 'py_compile', ...sources],
          environment: {},
        },
      ],
      run: null,
    }
  const { basename } = begin(request)
  return {
    files: [],
    build: [],
    run: {
      shown: `python3 ${basename}`,
      command: [program, '-u', basename],
      environment: { PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' },
    },
  }
}

const begin = ({ files, main }: { files: readonly SourceFile[]; main: string }) =>
  mainFile(files.filter(isSource), main, (contents) => /^if\s+__name__\s*==/m.test(contents))
