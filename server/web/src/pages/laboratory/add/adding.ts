import type { NamedEntry } from '../../../api/laboratory-bodies.ts'

/** What each way to gather pictures is told. */
export interface AddingProps {
  /** Whether the session holds it already. */
  isKnown(entry: NamedEntry): boolean
  /** One picture is wanted: another one takes its place. */
  isOne?: boolean
  /** @throws ApiError */
  onAdd(entries: object[]): Promise<void>
}
