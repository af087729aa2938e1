/**
 * The patterns of schemas, matched in a time that grows with the text and with the pattern and never faster: all ways to go on
 * are followed at once (K. Thompson, CACM 11(6), 1968), where JavaScript's RegExp tries one after the other and can take years.
 * What cannot be matched so (look-around, back references) is refused.
 */
export class Pattern {
  readonly #program: readonly Step[]

  /** @param source as `new RegExp(source, 'u')` reads it @throws SyntaxError, also for what is not taken here */
  constructor(source: string) {
    new RegExp(source, 'u')
    this.#program = new Compiler(source).program()
  }

  /** How much there is to do for each letter, about. */
  get steps(): number {
    return this.#program.length
  }

  /** Whether it is found anywhere in the text. */
  test(text: string): boolean {
    const letters = Array.from(text)
    /** Before which letter one has stood at a step last. */
    const stood = new Int32Array(this.#program.length).fill(-1)
    let now: number[] = []
    let next: number[] = []
    for (let place = 0; place <= letters.length; place += 1) {
      if (this.#follow(0, letters, place, now, stood)) return true
      const letter = letters[place]
      if (letter === undefined) break
      for (const at of now) {
        const step = this.#program[at] as Step
        if ('letter' in step && step.letter.has(letter) && this.#follow(at + 1, letters, place + 1, next, stood))
          return true
      }
      ;[now, next] = [next, now]
      next.length = 0
    }
    return false
  }

  /** Adds where one may stand before a letter. @returns whether one of those is the end */
  #follow(from: number, letters: readonly string[], place: number, into: number[], stood: Int32Array): boolean {
    const open = [from]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const step = this.#program[at]
      if (!step) return true
      if (stood[at] === place) continue
      stood[at] = place
      if ('to' in step) for (const by of step.to) open.push(at + by)
      else if ('letter' in step) into.push(at)
      else if (step.holds(letters, place)) open.push(at + 1)
    }
    return false
  }
}

/** What one letter may be. Of the first 128 it is known beforehand. */
class Letters {
  readonly #one: RegExp
  readonly #known: readonly boolean[]

  constructor(source: string) {
    this.#one = new RegExp(`^${source}$`, 'u')
    this.#known = Array.from({ length: 128 }, (_, code) => this.#one.test(String.fromCharCode(code)))
  }

  has(letter: string): boolean {
    return this.#known[letter.codePointAt(0) ?? 0] ?? this.#one.test(letter)
  }
}

/** A letter; one or two places to go on from, by how far away they are; or a place that has to be such a one. */
type Step = { letter: Letters } | { to: number[] } | { holds(letters: readonly string[], place: number): boolean }

/** Of one pattern: what is repeated stands in it as often as it is. */
const MOST_STEPS = 4000

const isWord = (letter: string | undefined) => letter !== undefined && /^\w$/u.test(letter)
const PLACES: Record<string, (letters: readonly string[], place: number) => boolean> = {
  '^': (_letters, place) => place === 0,
  $: (letters, place) => place === letters.length,
  '\\b': (letters, place) => isWord(letters[place - 1]) !== isWord(letters[place]),
  '\\B': (letters, place) => isWord(letters[place - 1]) === isWord(letters[place]),
}

/** One letter, however it is written: a class, an escape, or itself. What RegExp has read already need not be judged again. */
const LETTER =
  /(?:\[(?:\\[\s\S]|[^\]\\])*\]|\\u\{[^}]*\}|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\x..|\\c.|\\[pP]\{[^}]*\}|\\[\s\S]|[\s\S])/uy
const REPEATED = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y

/** Reads a pattern that RegExp takes. */
class Compiler {
  readonly #source: string
  readonly #letters = new Map<string, Letters>()
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  program(): Step[] {
    return this.#either()
  }

  /** `one|other`; each step names those after it by how far they are. */
  #either(): Step[] {
    const one = this.#sequence()
    if (this.#source[this.#at] !== '|') return one
    this.#at += 1
    const other = this.#either()
    return this.#bounded([...split([1, one.length + 2]), ...one, ...split([other.length + 1]), ...other])
  }

  #sequence(): Step[] {
    const steps: Step[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      const from = this.#at
      const one = this.#one()
      for (const step of this.#repeated(one, from)) steps.push(step)
      this.#bounded(steps)
    }
    return steps
  }

  #one(): Step[] {
    const source = this.#source
    if (source[this.#at] === '(') return this.#group()
    const place = Object.keys(PLACES).find((text) => source.startsWith(text, this.#at))
    if (place !== undefined) {
      this.#at += place.length
      return [{ holds: PLACES[place] as () => boolean }]
    }
    LETTER.lastIndex = this.#at
    const [text = ''] = LETTER.exec(source) ?? []
    if (/^\\[1-9k]/.test(text)) throw refused(source, `refers back with ${text}`)
    this.#at += text.length
    return [{ letter: this.#lettersOf(text) }]
  }

  #lettersOf(source: string): Letters {
    const known = this.#letters.get(source) ?? new Letters(source)
    this.#letters.set(source, known)
    return known
  }

  #group(): Step[] {
    const [kind = '('] = /^\((?:\?(?:<?[=!]|:|<[^>]*>|.))?/u.exec(this.#source.slice(this.#at)) ?? []
    if (/[=!]$/.test(kind)) throw refused(this.#source, `looks around with ${kind}`)
    if (kind !== '(' && kind !== '(?:' && !kind.endsWith('>')) throw refused(this.#source, `has ${kind}`)
    this.#at += kind.length
    const inner = this.#either()
    this.#at += 1 // its bracket
    return inner
  }

  #repeated(one: Step[], from: number): Step[] {
    REPEATED.lastIndex = this.#at
    const found = REPEATED.exec(this.#source)
    if (!found || this.#at === from) return one
    const [all, sign, low, comma, high] = found
    this.#at += all.length
    const least = sign ? (sign === '+' ? 1 : 0) : Number(low)
    const most = sign === '?' ? 1 : sign || (comma && !high) ? Number.POSITIVE_INFINITY : Number(high || low)
    const times = Math.max(least, Number.isFinite(most) ? most : 1)
    if ((one.length + 1) * times > MOST_STEPS) throw refused(this.#source, `repeats too much with ${all}`)
    const steps: Step[] = []
    for (let i = 0; i < least; i += 1) steps.push(...one)
    if (!Number.isFinite(most)) steps.push(...split([1, one.length + 2]), ...one, ...split([-one.length - 1]))
    else for (let i = least; i < most; i += 1) steps.push(...split([1, (one.length + 1) * (most - i)]), ...one)
    return steps
  }

  #bounded(steps: Step[]): Step[] {
    if (steps.length > MOST_STEPS) throw refused(this.#source, 'is too long')
    return steps
  }
}

const split = (to: number[]): Step[] => [{ to }]

function refused(source: string, what: string): SyntaxError {
  return new SyntaxError(`the pattern ${JSON.stringify(source)} ${what}, which is not taken here: say it without`)
}
