/** What a value is, by the names that the texts of errors have for it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object') return 'dict'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'str'
  return Number.isInteger(value) ? 'int' : 'float'
}

export function notAChoice(value: unknown): string {
  const shown = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return `"${shown.length > 100 ? `${shown.slice(0, 100)}…` : shown}" is not a valid choice.`
}
