/** Whose fault an error is: who called us, the machine we run on, or ours. */
export type Fault = 'caller' | 'environment' | 'us'

export type ModelsErrorCode =
  | 'unknown_backbone'
  | 'unknown_engine'
  | 'no_engine'
  | 'engine_unavailable'
  | 'too_few_states'
  | 'too_few_frames'
  | 'bad_samples'
  | 'bad_reading'
  | 'cancelled'
  | 'bad_model'
  | 'model_missing'
  | 'model_damaged'
  | 'model_exists'

/** Every error this package throws on purpose, but for those of a picture (`DecodeError`). */
export class ModelsError extends Error {
  readonly code: ModelsErrorCode
  readonly fault: Fault

  constructor(code: ModelsErrorCode, fault: Fault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ModelsError'
    this.code = code
    this.fault = fault
  }
}
