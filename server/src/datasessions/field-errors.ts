/** What is wrong with what was sent, by field: a 400 whose body is just this. */
export class FieldErrors extends Error {
  readonly fields: Record<string, string[]>
  constructor(fields: Record<string, string[]>) {
    super(
      Object.entries(fields)
        .map(([field, texts]) => `${field}: ${texts.join(' ')}`)
        .join('; '),
    )
    this.fields = fields
  }
}

/** 401, 403, 404 and the like: `{"detail": "..."}`. */
export class DetailError extends Error {
  readonly status: number
  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}
