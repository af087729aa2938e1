import type { OperationBody } from '../../../api/laboratory-bodies.ts'
import { choicesOf, type Filter, STATUS } from './status.ts'

interface OperationsFilterProps {
  operations: readonly OperationBody[]
  filter: Filter
  onChange(filter: Filter): void
}

/** Which of the operations are shown. */
export function OperationsFilter({ operations, filter, onChange }: OperationsFilterProps) {
  const { statuses, names } = choicesOf(operations)
  return (
    <select
      aria-label="Operations shown"
      value={filter}
      onChange={({ currentTarget }) => onChange(currentTarget.value as Filter)}
    >
      <option value="">all</option>
      <optgroup label="How they stand">
        {statuses.map((status) => (
          <option key={status} value={`status ${status}`}>
            {STATUS[status].name}
          </option>
        ))}
      </optgroup>
      <optgroup label="Operation">
        {names.map((name) => (
          <option key={name} value={`name ${name}`}>
            {name}
          </option>
        ))}
      </optgroup>
    </select>
  )
}
