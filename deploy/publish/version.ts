/** What may follow the three numbers: a release that is tried before it is one. */
const VERSION = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-[0-9A-Za-z.]+)?$/

const STEPS = ['major', 'minor', 'patch']

/**
 * @param asked `patch`, `minor`, `major`, or the version itself
 * @returns the version that comes after `current`
 * @throws Error where it is none, or comes before
 */
export function nextVersion(current: string, asked: string): string {
  const step = STEPS.indexOf(asked)
  if (step >= 0) return stepped(numbersOf(current), step, current.includes('-')).join('.')
  if (!VERSION.test(asked)) throw new Error(`${asked} is no version: patch, minor, major, or one such as 1.2.3`)
  if (isBefore(numbersOf(asked), numbersOf(current)))
    throw new Error(`${asked} comes before ${current}, which is there`)
  return asked
}

/** What was only tried becomes the release with the same numbers. */
function stepped(numbers: number[], step: number, wasTried: boolean): number[] {
  const isThere = numbers.slice(step + 1).every((number) => number === 0)
  if (wasTried && isThere) return numbers
  return numbers.map((number, index) => (index < step ? number : index === step ? number + 1 : 0))
}

function numbersOf(version: string): number[] {
  const match = VERSION.exec(version)
  if (!match) throw new Error(`package.json has ${version}, which is no version`)
  return match.slice(1, 4).map(Number)
}

function isBefore(a: number[], b: number[]): boolean {
  const differs = a.findIndex((number, index) => number !== b[index])
  return differs >= 0 && (a[differs] ?? 0) < (b[differs] ?? 0)
}
