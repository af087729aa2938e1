import { describe, expect, test } from 'vitest'
import {
  casesText,
  type Draft,
  draftOf,
  flawOfName,
  languagesOf,
  modesOf,
  renamed,
  programOf as sentOf,
  withCases,
  withContents,
  withFile,
  without,
} from '../src/pages/programs/draft.ts'
import { keep, readKept } from '../src/pages/programs/kept-drafts.ts'
import { blocksOf, labOf, MOST_SHOWN } from '../src/pages/programs/run/blocks.ts'
import type { Line } from '../src/pages/programs/run/program-run.ts'
import { endInWords, filesInWords, labInWords } from '../src/pages/programs/words.ts'
import { openAt, stub } from './browser.ts'

const PYTHON = {
  name: 'python',
  title: 'Python',
  endings: ['.py'],
  example: { basename: 'main.py', contents: 'print(1)\n' },
  modes: ['run', 'submit', 'compile'] as Draft['mode'][],
}
const ADA = { name: 'ada', title: 'Ada', endings: ['.adb', '.ads'] }
const DRAFT = draftOf(PYTHON)
const programOf = (draft: Draft) => sentOf(draft, PYTHON, [PYTHON, ADA])

describe('what the server is asked', () => {
  test('of an example is that file, to be run', () => {
    expect(programOf(DRAFT)).toEqual({
      files: [PYTHON.example],
      main: '',
      mode: 'run',
      switches: {},
      name: 'Program',
      lab: false,
    })
  })

  test('arguments and cases go in files of their own, switches as words', () => {
    const asked = programOf({
      ...DRAFT,
      name: '  ',
      arguments: ' a "b c" ',
      switches: { Compiler: ' -g  -O2 ', Builder: ' ' },
      cases: [
        { arguments: 'x ', expected: 'one\n two\n\n' },
        { arguments: '', expected: '' },
      ],
    })
    expect(asked.files.slice(1)).toEqual([
      { basename: 'cli.txt', contents: 'a "b c"' },
      { basename: 'lab_io.txt', contents: 'in 0:x\nout 0:one\nout 0: two\nin 1:\nout 1:\n' },
    ])
    expect(asked).toMatchObject({ switches: { Compiler: ['-g', '-O2'] }, lab: true, name: 'Program' })
  })

  test('of files in several languages begins in the one that was chosen, where its file is not in doubt', () => {
    const mixed = withFile(DRAFT, 'helper.adb')
    expect(programOf(mixed).main).toBe('main.py')
    expect(sentOf(mixed, ADA, [PYTHON, ADA]).main).toBe('helper.adb')
    expect(programOf({ ...mixed, main: 'helper.adb' }).main).toBe('helper.adb')
    expect(programOf(withFile(mixed, 'other.py')).main).toBe('main.py')
    expect(programOf(withFile(renamed(mixed, 'main.py', 'first.py'), 'other.py')).main).toBe('')
    // Who writes in one language has it found by what the files hold.
    expect(programOf(withFile(DRAFT, 'notes.txt')).main).toBe('')
  })

  test('is odd where no file is in the chosen language', () => {
    const odd = (name: string) => filesInWords(PYTHON, languagesOf(renamed(DRAFT, 'main.py', name), [PYTHON, ADA]))
    expect([odd('app.py'), odd('main.adb'), odd('a.txt')]).toEqual([
      null,
      'No file is in Python, whose files end in .py: it runs as Ada.',
      'No file is in Python, whose files end in .py: there is nothing to run.',
    ])
  })

  test('without cases there is no file of them', () => expect(casesText([])).toBe(''))
})

describe('a draft', () => {
  test('with a first case is submitted; without any there is nothing to submit to', () => {
    expect(modesOf(PYTHON, DRAFT)).toEqual(['run', 'compile'])
    const tried = withCases(DRAFT, [{ arguments: '', expected: '' }], PYTHON)
    expect([tried.mode, modesOf(PYTHON, tried)]).toEqual(['submit', PYTHON.modes])
    // Whoever chose another mode keeps it.
    expect(withCases({ ...tried, mode: 'compile' }, [...tried.cases, ...tried.cases], PYTHON).mode).toBe('compile')
    expect(withCases(tried, [], PYTHON).mode).toBe('run')
  })

  test('has files: one more is shown, one is renamed everywhere, the last one stays', () => {
    const two = { ...withFile(DRAFT, 'b.py'), main: 'b.py' }
    expect([two.shown, two.files.length]).toEqual(['b.py', 2])
    const other = renamed(withContents(two, 'b.py', 'x'), 'b.py', 'c.py')
    expect(other).toMatchObject({ shown: 'c.py', main: 'c.py', files: [{}, { basename: 'c.py', contents: 'x' }] })
    expect(without(other, 'c.py')).toMatchObject({ shown: 'main.py', main: '', files: [PYTHON.example] })
    expect(without(DRAFT, 'main.py')).toBe(DRAFT)
  })

  test.each(['', '.hidden', '../a.py', 'a b', '-o', '@x', 'cli.txt', 'lab_io.txt', 'main.py', 'a'.repeat(101)])(
    'has no other file called %j',
    (name) => expect(flawOfName(name, ['main.py'])).toMatch(/\w/),
  )

  test('may have files of any language', () => {
    expect(['a-b.adb', 'x.c', 'Makefile', '1.txt', 'c++.hpp'].map((name) => flawOfName(name, []))).toEqual(
      Array(5).fill(null),
    )
  })
})

describe('drafts are kept', () => {
  test('for each person by themselves, and one that an older console wrote is left out', () => {
    openAt('/programs')
    const kept = { language: 'python', drafts: { python: DRAFT } }
    expect(keep('mara', kept)).toBe(true)
    expect(readKept('mara')).toEqual(kept)
    expect(readKept('eve')).toEqual({ language: '', drafts: {} })
    const { cases: _, ...older } = DRAFT
    const odd = { older, none: null, empty: { ...DRAFT, files: [] }, lost: { ...DRAFT, shown: 'other.py' } }
    sessionStorage.setItem('ajar.programs.mara', JSON.stringify({ language: 'c', drafts: { python: DRAFT, ...odd } }))
    expect(readKept('mara')).toEqual({ language: 'c', drafts: { python: DRAFT } })
    for (const storage of [sessionStorage, localStorage]) storage.setItem('ajar.programs.mara', '{"dra')
    expect(readKept('mara').drafts).toEqual({})
  })

  test('for each tab by themselves; a new tab has of each language what was written last in any', () => {
    openAt('/programs')
    const [one, two] = ['1', '2'].map((text) => withContents(DRAFT, 'main.py', text)) as [Draft, Draft]
    keep('mara', { language: 'python', drafts: { python: one } })
    const otherTab = new Map<string, string>()
    const ours = sessionStorage
    stub('sessionStorage', { getItem: () => null, setItem: otherTab.set.bind(otherTab) })
    expect(readKept('mara').drafts).toEqual({ python: one })
    keep('mara', { language: 'ada', drafts: { python: DRAFT, ada: two } })
    expect(readKept('mara')).toEqual({ language: 'ada', drafts: { python: one, ada: two } })
    stub('sessionStorage', ours)
    expect(readKept('mara')).toEqual({ language: 'python', drafts: { python: one } })
  })

  test('and where there is no room for them that is said', () => {
    stub('localStorage', {
      setItem() {
        throw new DOMException('full', 'QuotaExceededError')
      },
    })
    expect(keep('mara', { language: 'c', drafts: {} })).toBe(false)
  })
})

describe('what a run says', () => {
  test('stands in blocks of who said it, in order, the cases of a lab apart', () => {
    const lines: Line[] = [
      { type: 'console', data: 'python3 main.py' },
      { type: 'stdout', data: 'a' },
      { type: 'stdout', data: '' },
      { type: 'stderr', data: 'b' },
      { type: 'stdout', data: 'c' },
      { type: 'stdout', data: 'd', ref: '0' },
      { type: 'stdout', data: 'e', ref: '1' },
      { type: 'lab', data: { success: true, cases: {} } },
    ]
    expect(blocksOf(lines).map(({ type, of, text }) => [type, of, text])).toEqual([
      ['console', null, 'python3 main.py'],
      ['stdout', null, 'a\n'],
      ['stderr', null, 'b'],
      ['stdout', null, 'c'],
      ['stdout', '0', 'd'],
      ['stdout', '1', 'e'],
    ])
  })

  test('of a case that failed stands once, with the cases', () => {
    const lines: Line[] = [
      { type: 'console', data: 'Wrong: it printed "a", and "b" was expected.', ref: '0' },
      { type: 'stderr', data: 'Wrong: it printed nothing that I know', ref: '0' },
    ]
    expect(blocksOf(lines).length).toBe(2)
    const [left, ...more] = blocksOf([...lines, { type: 'lab', data: { success: false, cases: {} } }])
    expect([left?.type, more]).toEqual(['stderr', []])
  })

  test('is not all drawn where it is much: the end of it is', () => {
    const lines = Array.from({ length: MOST_SHOWN + 5 }, (_, i): Line => ({ type: 'stdout', data: String(i) }))
    const [block, ...more] = blocksOf(lines)
    expect(more).toEqual([])
    expect(block?.text.split('\n').length).toBe(MOST_SHOWN)
    expect(block?.text.startsWith('5\n')).toBe(true)
  })

  test('of its cases is counted', () => {
    const cases = {
      0: { in: [], out: 'a', actual: 'a', status: 'Success' },
      1: { in: [], out: 'a', actual: '', status: 'Failed' },
    }
    const lab = labOf([{ type: 'lab', data: { success: false, cases } }])
    expect(lab && labInWords(lab)).toEqual({ tone: 'bad', text: '1 of 2 cases passed' })
    expect(labOf([{ type: 'stdout', data: 'a' }])).toBeNull()
  })

  test.each([
    [0, 'SUCCESS', 'good', 'Done (exit status 0)'],
    [0, 'FAILURE', 'bad', 'It failed'],
    [3, 'FAILURE', 'bad', 'Ended with exit status 3'],
    [124, 'FAILURE', 'bad', 'Its time was over (exit status 124)'],
    [139, 'FAILURE', 'bad', 'Ended by signal 11: it touched memory that is not its own (exit status 139)'],
    [130, 'FAILURE', 'bad', 'Ended by signal 2 (exit status 130)'],
    [255, 'FAILURE', 'bad', 'Ended with exit status 255'],
  ] as const)('at its end with %i and %s', (status, outcome, tone, text) => {
    const lines: Line[] = [{ type: 'console', data: 'python3 main.py' }]
    expect(endInWords({ status, outcome, wasStopped: false, lines })).toEqual({ tone, text })
    expect(endInWords({ status, outcome, wasStopped: true, lines }).text).toBe('Stopped')
  })

  test.each([
    ['console', 'The build failed with exit status 4.', 'It could not be built (exit status 4)'],
    ['stderr', '<interrupted> : Maximum 256MB memory limit reached.', 'It took too much memory (exit status 4)'],
    ['stderr', '<interrupted> : Maximum 100 processes limit reached.', 'It began too many processes (exit status 4)'],
    ['internal_error', 'The program printed more than 1 MB, …', 'It printed too much (exit status 4)'],
    // What a program prints itself tells nothing.
    ['stdout', 'The build failed with exit status 4.', 'Ended with exit status 4'],
  ] as const)('at its end by what ajar says: %s, %s', (type, data, text) => {
    const lines: Line[] = [
      { type: 'console', data: './main' },
      { type, data },
    ]
    const end = { status: 4, outcome: 'FAILURE', wasStopped: false, lines } as const
    expect(endInWords(end)).toEqual({ tone: 'bad', text })
  })

  test('of a program that could not be begun is that alone', () => {
    const lines: Line[] = [{ type: 'internal_error', data: 'cli.txt: a quote has no end' }]
    expect(endInWords({ status: 1, outcome: 'FAILURE', wasStopped: false, lines }).text).toBe('Not run')
  })
})
