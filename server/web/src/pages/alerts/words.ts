import type { KindBody, RuleBody } from '../../api/alert-bodies.ts'
import { length } from './durations.ts'
import { paramsOf, settingInWords } from './params.ts'

/** How rules and alerts are said. */

const EACH = { camera: 'each camera', device: 'each device', server: 'the server' }
/** What a rule looks at, as one says it: `garage-pi/gate`, `each camera`. */
export function subjectInWords(subject: string | null, of: KindBody['subject'] | undefined): string {
  return subject ?? EACH[of ?? 'server']
}

/** What it sets: `free 1 GB · for 10 min` */
export function settingsInWords({ params, forMs, clearMs }: RuleBody, kind: KindBody | undefined): string {
  const said = kind
    ? paramsOf(kind.params).flatMap((param) => {
        const words = settingInWords(param, params[param.name])
        return words === null ? [] : [words]
      })
    : []
  const holding = forMs === 0 ? 'at once' : `for ${length(forMs)}`
  return [...said, holding, ...(clearMs === 0 ? [] : [`over after ${length(clearMs)}`])].join(' · ')
}
