import { checkEntries } from './check-entries.ts'
import type { Entry } from './entries.ts'
import { FieldErrors } from './field-errors.ts'
import { kindOf, notAChoice } from './kind-of.ts'
import type { ChoiceField, FilesField, InputField, NumberField, Operation, TextField } from './operation.ts'

/** Of a text that declares no bound of its own. */
const MOST_LETTERS = 10_000

type Checked = { value: unknown } | { wrong: string[] }

/**
 * Checks what an operation was told by what it declares. Numbers may come as text, as forms send them, and become numbers;
 * JSON may come as what it stands for, and becomes text; what is not declared stays as it is.
 * @param inputData as it was sent
 * @returns what is asked for; what may be left out and is, is not in it
 * @throws FieldErrors by the names of the inputs, all that are wrong at once
 */
export async function checkInputs(
  operation: Pick<Operation, 'inputs' | 'wrongTogether'>,
  inputData: unknown,
): Promise<Record<string, unknown>> {
  if (kindOf(inputData) !== 'dict')
    throw new FieldErrors({ input_data: [`Expected a dictionary of items but got type "${kindOf(inputData)}".`] })
  const given = { ...(inputData as Record<string, unknown>) }
  const wrong: Record<string, string[]> = {}
  for (const [name, field] of Object.entries(operation.inputs)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined || value === null || isLeftEmpty(field, value)) {
      delete given[name]
      if (isNeeded(field)) wrong[name] = [value === null ? 'This field may not be null.' : 'This field is required.']
      continue
    }
    const checked = checkField(field, value)
    if ('wrong' in checked) wrong[name] = checked.wrong
    else given[name] = checked.value
  }
  const together = Object.keys(wrong).length > 0 ? wrong : await operation.wrongTogether?.(given)
  if (together) throw new FieldErrors(together)
  return given
}

/** As forms send what nobody put in. */
function isLeftEmpty(field: InputField, value: unknown): boolean {
  if (field.type === 'fits' || field.type === 'image')
    return value === '' || (field.required === false && Array.isArray(value) && value.length === 0)
  if (field.type !== 'string') return value === ''
  return field.format !== undefined && typeof value === 'string' && value.trim() === ''
}

/**
 * Whether so many pictures are as many as are asked for. Asked again when queries are resolved, which count as one entry each.
 * @returns what is wrong, in words, or null
 */
export function wrongNumber({ minimum, maximum }: Pick<FilesField, 'minimum' | 'maximum'>, count: number) {
  if (count < minimum) return `Ensure this field has at least ${minimum} elements.`
  return count > maximum ? `Ensure this field has no more than ${maximum} elements.` : null
}

/** Whether it has to be given. */
export function isNeeded(field: InputField): boolean {
  return field.required !== false && !('default' in field && field.default !== undefined)
}

function checkField(field: InputField, value: unknown): Checked {
  switch (field.type) {
    case 'int':
    case 'float':
      return checkNumber(field, value)
    case 'string':
      return checkText(field, value)
    case 'select':
      return checkChoice(field, value)
    default:
      return checkFiles(field, value)
  }
}

function checkFiles(field: FilesField, value: unknown): Checked {
  const checked = checkEntries(value)
  if ('wrong' in checked) return checked
  const { entries } = checked
  // A query is as many pictures as there are when the operation begins.
  const least = entries.some(isQuery) ? 0 : field.minimum
  const wrong = wrongNumber({ minimum: least, maximum: field.maximum }, entries.length)
  return wrong === null ? { value: entries } : { wrong: [wrong] }
}

function isQuery(entry: Entry): boolean {
  return entry.query !== undefined
}

function checkNumber({ type, minimum, maximum }: NumberField, value: unknown): Checked {
  const number = typeof value === 'string' ? numberOf(value) : value
  if (type === 'int' && !Number.isSafeInteger(number)) return { wrong: ['A valid integer is required.'] }
  if (typeof number !== 'number' || !Number.isFinite(number)) return { wrong: ['A valid number is required.'] }
  if (minimum !== undefined && number < minimum)
    return { wrong: [`Ensure this value is greater than or equal to ${minimum}.`] }
  if (maximum !== undefined && number > maximum)
    return { wrong: [`Ensure this value is less than or equal to ${maximum}.`] }
  return { value: number }
}

function numberOf(text: string): number | null {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : null
}

function checkText(field: TextField, sent: unknown): Checked {
  const value = field.format === undefined || typeof sent === 'string' ? sent : JSON.stringify(sent)
  if (typeof value !== 'string') return { wrong: ['Not a valid string.'] }
  if (value.trim() === '' && isNeeded(field)) return { wrong: ['This field may not be blank.'] }
  const most = field.maxLength ?? MOST_LETTERS
  if (value.length > most) return { wrong: [`Ensure this field has no more than ${most} characters.`] }
  return { value }
}

function checkChoice({ options }: ChoiceField, sent: unknown): Checked {
  const value = typeof sent === 'boolean' || typeof sent === 'number' ? String(sent) : sent
  return typeof value === 'string' && options.includes(value) ? { value } : { wrong: [notAChoice(sent)] }
}
