import { isObject } from './is-object.ts'
import { Pattern } from './pattern.ts'
import { schemaAt } from './schema-faults.ts'
import { alternatives, wordsOf } from './words.ts'

/** What does not hold, and where: names and places of lists from the value that was checked. */
export interface Wrong {
  path: (string | number)[]
  /** `must be at least 3` */
  text: string
  /** One of several values was wanted, or a certain one. */
  isMark?: boolean
}

/** It cannot be said within bounds whether a value is as a schema wants it. */
export class TooMuch extends Error {
  constructor() {
    super('takes too long to be checked: send less, or have the schema of the task made simpler')
  }
}

/** The event loop waits meanwhile: 20 to 60 ms at the worst, for whatever they are taken a step is 10 to 20 ns. */
const MOST_STEPS = 1_500_000
const MOST_DEEP = 400
const MOST_TOLD = 20

/** What checks together may still take. */
export interface Steps {
  left: number
}

/** As many as one call may take, however many checks it needs. */
export const stepsOfCall = (): Steps => ({ left: MOST_STEPS })

/**
 * Checks a value by a schema in which `faultOfSchema` found no fault.
 *
 * A checker of our own, for the schemas are not: ajv and typebox have JavaScript's RegExp match the patterns, and follow
 * references as often as they are told to, so that a schema of five lines can take years. Here each step is counted, and what
 * is referred to is asked once of each value. It waits for nothing: between two checks `inTurn` lets others have the event loop.
 * @param root in which references are looked up
 * @param steps what it may take; of several checks of one call the same
 * @returns what does not hold, some of it where that is much; empty where all does
 * @throws TooMuch
 */
export function wrongWith(root: Schema, value: unknown, schema: Schema = root, steps = stepsOfCall()): Wrong[] {
  const check = new Check({ root, steps, meant: new Map(), known: new Map() })
  check.schema(schema, value, [], 0)
  return check.wrong
}

type Schema = Record<string, unknown>
type Path = (string | number)[]

const patterns = new Map<string, Pattern>()
const MOST_PATTERNS = 500

/** Of all that is checked together. */
interface Shared {
  root: Schema
  steps: Steps
  /** What references mean. */
  meant: Map<unknown, unknown>
  /** By what was referred to and by the value, what is wrong with it: without references nothing is asked twice. */
  known: Map<unknown, Map<unknown, readonly Wrong[]>>
}

class Check {
  readonly wrong: Wrong[] = []
  readonly #shared: Shared

  constructor(shared: Shared) {
    this.#shared = shared
  }

  schema(schema: unknown, value: unknown, path: Path, deep: number): void {
    this.#takes(4)
    if (deep > MOST_DEEP) throw new TooMuch()
    if (schema === true) return
    const asked = (schema === false ? { not: true } : schema) as Schema
    if (asked.$ref !== undefined) this.#referred(this.#meant(asked.$ref), value, path, deep + 1)
    const kind = this.#wrongKind(asked, value)
    if (kind !== null) {
      this.#say(path, () => `must be ${wordsOf(kind)}, and is ${shown(value)}`, !('type' in kind))
      return
    }
    if (typeof value === 'number') this.#number(asked, value, path)
    else if (typeof value === 'string') this.#text(asked, value, path)
    else if (Array.isArray(value)) this.#list(asked, value, path, deep)
    else if (value !== null && typeof value === 'object') this.#object(asked, value as Schema, path, deep)
    this.#together(asked, value, path, deep)
  }

  /** What lies within: the path is one for all, and is copied where something has to be said. */
  #within(schema: unknown, value: unknown, path: Path, name: string | number, deep: number) {
    path.push(name)
    this.schema(schema, value, path, deep + 1)
    path.pop()
  }

  #meant(ref: unknown): unknown {
    const { root, meant } = this.#shared
    if (!meant.has(ref)) meant.set(ref, schemaAt(root, String(ref)))
    return meant.get(ref)
  }

  #referred(schema: unknown, value: unknown, path: Path, deep: number) {
    const { known } = this.#shared
    let byValue = known.get(schema)
    if (!byValue) {
      byValue = new Map()
      known.set(schema, byValue)
    }
    let wrong = byValue.get(value)
    if (!wrong) {
      this.#takes(16)
      wrong = this.#tried(schema, value, [], deep)
      byValue.set(value, wrong)
    }
    for (const one of wrong) this.#add({ ...one, path: [...path, ...one.path] })
  }

  /** @returns the part of the schema that says what it must be, where it is something else altogether */
  #wrongKind(asked: Schema, value: unknown): Schema | null {
    const { type, enum: values } = asked
    if (!isOfType(type, value)) return { type }
    if (values !== undefined && !(values as unknown[]).some((one) => this.#same(one, value))) return { enum: values }
    if (asked.const !== undefined && !this.#same(asked.const, value)) return { const: asked.const }
    return null
  }

  #number(asked: Schema, value: number, path: Path) {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = asked as Record<string, number>
    if (minimum !== undefined && value < minimum) this.#say(path, () => `must be at least ${minimum}`)
    if (maximum !== undefined && value > maximum) this.#say(path, () => `must be at most ${maximum}`)
    if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
      this.#say(path, () => `must be more than ${exclusiveMinimum}`)
    if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
      this.#say(path, () => `must be less than ${exclusiveMaximum}`)
    if (multipleOf !== undefined && !isMultiple(value, multipleOf))
      this.#say(path, () => `must be a multiple of ${multipleOf}`)
  }

  #text(asked: Schema, value: string, path: Path) {
    const { minLength, maxLength, pattern } = asked as { minLength?: number; maxLength?: number; pattern?: string }
    if (minLength !== undefined || maxLength !== undefined) {
      this.#takes(value.length)
      const length = lettersOf(value)
      if (minLength !== undefined && length < minLength)
        this.#say(path, () => `must have at least ${counted(minLength, 'letter')}`)
      if (maxLength !== undefined && length > maxLength)
        this.#say(path, () => `must have at most ${counted(maxLength, 'letter')}, and has ${length}`)
    }
    if (pattern !== undefined && !this.#matches(pattern, value)) this.#say(path, () => `must match ${pattern}`)
  }

  #list(asked: Schema, value: unknown[], path: Path, deep: number) {
    const { items, prefixItems = [], contains, uniqueItems } = asked as { prefixItems?: unknown[] } & Schema
    const { minItems, maxItems, minContains = 1, maxContains } = asked as Record<string, number>
    if (minItems !== undefined && value.length < minItems)
      this.#say(path, () => `must have at least ${counted(minItems, 'item')}, and has ${value.length}`)
    if (maxItems !== undefined && value.length > maxItems)
      this.#say(path, () => `must have at most ${counted(maxItems, 'item')}, and has ${value.length}`)
    for (const [i, schema] of prefixItems.entries()) if (i < value.length) this.#within(schema, value[i], path, i, deep)
    if (items !== undefined)
      for (let i = prefixItems.length; i < value.length; i += 1) this.#within(items, value[i], path, i, deep)
    if (contains !== undefined) {
      let count = 0
      for (const one of value) if (this.#holds(contains, one, deep)) count += 1
      if (count < minContains)
        this.#say(path, () => `must hold ${minContains === 1 ? '' : `${minContains} times `}${wordsOf(contains)}`)
      if (maxContains !== undefined && count > maxContains)
        this.#say(path, () => `must hold at most ${maxContains} times ${wordsOf(contains)}`)
    }
    if (uniqueItems === true && this.#hasTwins(value)) this.#say(path, () => 'must not hold the same twice')
  }

  #object(asked: Schema, value: Schema, path: Path, deep: number) {
    const {
      properties = NO_NAMES,
      patternProperties,
      additionalProperties,
      propertyNames,
    } = asked as Record<string, Schema>
    const {
      required = NONE,
      dependentRequired,
      dependentSchemas,
    } = asked as {
      required?: readonly string[]
      dependentRequired?: Record<string, string[]>
      dependentSchemas?: Schema
    }
    const { minProperties, maxProperties } = asked as Record<string, number>
    const has = (name: string) => Object.hasOwn(value, name)
    const names = Object.keys(value)
    this.#takes(8 + 2 * required.length + 4 * names.length)
    if (minProperties !== undefined && names.length < minProperties)
      this.#say(path, () => `must have at least ${counted(minProperties, 'entry', 'entries')}`)
    if (maxProperties !== undefined && names.length > maxProperties)
      this.#say(path, () => `must have at most ${counted(maxProperties, 'entry', 'entries')}`)
    for (const name of required) if (!has(name)) this.#say([...path, name], () => 'is required')
    for (const [name, others] of entriesOf(dependentRequired)) {
      this.#takes(16 + 4 * others.length)
      for (const other of others)
        if (has(name) && !has(other)) this.#say([...path, other], () => `is required where ${name} is given`)
    }
    const byPattern = entriesOf(patternProperties)
    for (const name of names) {
      let isKnown = Object.hasOwn(properties, name)
      if (isKnown) this.#within(properties[name], value[name], path, name, deep)
      for (const [pattern, schema] of byPattern) {
        if (!this.#matches(pattern, name)) continue
        isKnown = true
        this.#within(schema, value[name], path, name, deep)
      }
      if (!isKnown && (additionalProperties as unknown) === false)
        this.#say([...path, name], () => unknownName(Object.keys(properties)))
      else if (!isKnown && additionalProperties !== undefined)
        this.#within(additionalProperties, value[name], path, name, deep)
      if (propertyNames !== undefined && !this.#holds(propertyNames, name, deep))
        this.#say([...path, name], () => `has a name that must be ${wordsOf(propertyNames)}`)
    }
    for (const [name, schema] of entriesOf(dependentSchemas)) {
      this.#takes(16)
      if (has(name)) this.schema(schema, value, path, deep + 1)
    }
  }

  /** What other schemas say of the same value. */
  #together(asked: Schema, value: unknown, path: Path, deep: number) {
    const { allOf = [], anyOf, oneOf } = asked as Record<string, unknown[]>
    for (const schema of allOf as unknown[]) this.schema(schema, value, path, deep + 1)
    if (anyOf) this.#oneOf(anyOf, value, path, deep)
    if (oneOf && this.#oneOf(oneOf, value, path, deep) > 1)
      this.#say(path, () => `must be only one of ${alternatives(oneOf)}, and is several`)
    if (asked.not !== undefined && this.#holds(asked.not, value, deep))
      this.#say(path, () => `must not be ${wordsOf(asked.not)}`)
    if (asked.if === undefined) return
    const next = this.#holds(asked.if, value, deep) ? asked.then : asked.else
    if (next !== undefined) this.schema(next, value, path, deep + 1)
  }

  /** How many hold; where none does, what is wrong with the one that was meant, as far as that can be guessed. */
  #oneOf(schemas: readonly unknown[], value: unknown, path: Path, deep: number): number {
    const tried = schemas.map((schema) => this.#tried(schema, value, path, deep))
    const count = tried.filter((wrong) => wrong.length === 0).length
    if (count > 0) return count
    // Of one that is wrong only further within the kind was right; and of those, the one whose marks are.
    const within = tried.filter((wrong) => wrong.every((one) => one.path.length > path.length))
    const marked = within.filter((wrong) => !wrong.some((one) => one.isMark && one.path.length === path.length + 1))
    const meant = marked.length === 1 ? marked[0] : within.length === 1 ? within[0] : undefined
    if (meant) for (const one of meant) this.#add(one)
    else this.#say(path, () => `must be ${alternatives(schemas)}, and is ${shown(value)}`)
    return 0
  }

  #holds(schema: unknown, value: unknown, deep: number): boolean {
    return this.#tried(schema, value, [], deep).length === 0
  }

  #tried(schema: unknown, value: unknown, path: Path, deep: number): Wrong[] {
    this.#takes(16)
    const check = new Check(this.#shared)
    check.schema(schema, value, path, deep + 1)
    return check.wrong
  }

  #matches(source: string, text: string): boolean {
    let pattern = patterns.get(source)
    if (!pattern) {
      if (patterns.size >= MOST_PATTERNS) patterns.clear()
      this.#takes(200 * source.length)
      pattern = new Pattern(source)
      patterns.set(source, pattern)
    }
    this.#takes(2 * (text.length + 1) * pattern.steps)
    return pattern.test(text)
  }

  #same(one: unknown, other: unknown): boolean {
    this.#takes(1)
    if (one === other) return true
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
    if (Array.isArray(one) !== Array.isArray(other)) return false
    const names = Object.keys(one)
    this.#takes(4 + 4 * names.length)
    if (names.length !== Object.keys(other).length) return false
    return names.every(
      (name) => Object.hasOwn(other, name) && this.#same((one as Schema)[name], (other as Schema)[name]),
    )
  }

  #hasTwins(list: readonly unknown[]): boolean {
    const [plain, others] = [new Set<unknown>(), new Set<string>()]
    for (const one of list) {
      const isPlain = typeof one !== 'object' || one === null
      this.#takes(1)
      const text = isPlain ? '' : this.#sortedJson(one)
      if (isPlain ? plain.has(one) : others.has(text)) return true
      if (isPlain) plain.add(one)
      else others.add(text)
    }
    return false
  }

  #sortedJson(value: unknown): string {
    return JSON.stringify(value, (name, one) => {
      this.#takes(20 + name.length + (typeof one === 'string' ? one.length : 0))
      return isObject(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one
    })
  }

  #takes(steps: number) {
    this.#shared.steps.left -= steps
    if (this.#shared.steps.left < 0) throw new TooMuch()
  }

  /** @param text is asked for only where it is told */
  #say(path: Path, text: () => string, isMark = false) {
    this.#takes(2)
    if (this.wrong.length >= MOST_TOLD) return
    this.#takes(40)
    this.#add({ path: [...path], text: text(), isMark })
  }

  #add(wrong: Wrong) {
    this.#takes(10 + wrong.path.length / 4)
    if (this.wrong.length < MOST_TOLD) this.wrong.push(wrong)
  }
}

const NONE: readonly never[] = []
const NO_NAMES: Schema = {}

/** Of what most schemas do not say: nothing is made for it. */
function entriesOf<Value>(named: Record<string, Value> | undefined): readonly (readonly [string, Value])[] {
  return named === undefined ? NONE : Object.entries(named)
}

/** As people count them: of two halves that make one letter, one. */
function lettersOf(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

function isOfType(type: unknown, value: unknown): boolean {
  if (type === undefined) return true
  if (Array.isArray(type)) return type.some((one) => isOfType(one, value))
  if (type === 'integer') return Number.isInteger(value)
  return type === (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)
}

/** 0.3 is a multiple of 0.1, though not as computers divide. */
function isMultiple(value: number, of: number): boolean {
  const times = value / of
  return Math.abs(times - Math.round(times)) <= Math.abs(times) * 4 * Number.EPSILON && Number.isFinite(times)
}

function unknownName(names: string[]): string {
  return names.length === 0
    ? 'is unknown: nothing is taken here'
    : `is unknown: ${names.slice(0, 30).join(', ')} may be given`
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** A value as far as it says what it is. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value !== null && typeof value === 'object') return 'an object'
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
