import { type Signal, useSignal } from '@preact/signals'
import type { AvailableOperation, AvailableOperations, Entry } from '../../../api/laboratory-bodies.ts'
import { useAnswer } from '../../../use-answer.ts'
import { type Draft, NOTHING, withFiles, withOperation } from './draft.ts'

export interface Form {
  /** Null until they are loaded. */
  available: AvailableOperations | null
  fault: unknown
  load(): Promise<void>
  draft: Signal<Draft>
  operation: AvailableOperation | undefined
  choose(name: string): void
  /** Adds pictures to what the operation is to take. */
  add(entries: readonly Entry[]): void
}

/** The form of the next operation, and which operations there are. */
export function useForm(_session: number): Form {
  const { body, fault, load } = useAnswer<AvailableOperations>('/api/available_operations/')
  const draft = useSignal(NOTHING)
  const available = body.value
  const operation = available?.[draft.value.operation]
  return {
    available,
    fault: fault.value,
    load,
    draft,
    operation,
    choose: (name) => {
      draft.value = withOperation(draft.value, operation, available?.[name])
    },
    add: (entries) => {
      draft.value = withFiles(draft.value, operation, entries)
    },
  }
}
