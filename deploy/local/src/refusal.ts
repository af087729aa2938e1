/** Why the server said no, and the code of it where there is one: the laboratory answers in the shapes of an older server. */
export function refusalOf(text: string, call: string): { code: string; message: string } {
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
  const { error, detail, ...fields } = body as { error?: { code: string; message: string }; detail?: string }
  if (error) return error
  const wrong = Object.entries(fields).map(([field, texts]) => `${field}: ${[texts].flat().join(' ')}`)
  return { code: 'http', message: detail ?? (wrong.length > 0 ? wrong.join('; ') : call) }
}
