import { counted } from '../design/words.ts'
import './models.css'

export interface SuspectsLinkProps {
  count: number
  /** Where they are reviewed. */
  path: string
}

/** What comes before any other label: those that look wrong. */
export function SuspectsLink({ count, path }: SuspectsLinkProps) {
  return (
    <a class="suspects-first" href={path}>
      <strong>{counted(count, 'label looks', 'labels look')} wrong</strong>: look at {count === 1 ? 'it' : 'these'}{' '}
      first
    </a>
  )
}
