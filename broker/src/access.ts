import { parseTopic, TOPICS, type Topic } from '@ajar/protocol'
import type { Identity } from './contract.ts'

/** The parts of a topic that `identity` may publish, or in words why it may not. Derived from the table of topics. */
export function judgePublish(identity: Identity, topicName: string): Topic | string {
  const topic = parseTopic(topicName)
  if (topic === null) return `${topicName} is no topic of ajar`
  if (topic.rule.publisher !== 'device') return `only the server publishes ${topicName}`
  if (identity.kind !== 'device') return 'operators do not publish'
  if (topic.device !== identity.name) return `device ${identity.name} publishes only under ajar/${identity.name}/`
  return topic
}

/** In words why `identity` may not subscribe to `filter`, or null where it may. */
export function refuseSubscribe(identity: Identity, filter: string): string | null {
  const levels = filter.split('/')
  if (levels[0] === '$share') return 'shared subscriptions are not supported'
  if (identity.kind === 'device' && !isUnder(levels, identity.name)) {
    return `device ${identity.name} subscribes only under ajar/${identity.name}/`
  }
  if (levels[0]?.startsWith('$') && levels[0] !== '$SYS') return `${levels[0]} is no topic of ajar`
  const reached = TOPICS.filter((rule) => reaches(levels, ['ajar', '{device}', ...rule.pattern.split('/')]))
  if (reached.length > 0 && reached.every((rule) => !rule.subscribable)) return 'frames go to ingest and to nobody else'
  return null
}

/** Whether subscribers may get this topic: a filter with wildcards reaches frames too, and they go no further. */
export function isForwarded(topicName: string): boolean {
  return parseTopic(topicName)?.rule.subscribable ?? true
}

function isUnder(levels: string[], device: string): boolean {
  return levels.length > 2 && levels[0] === 'ajar' && levels[1] === device
}

/** What no rule of alerts is called: its id is longer than any of these. */
const WORDS = new Set(TOPICS.flatMap(({ pattern }) => pattern.split('/').filter((level) => !level.startsWith('{'))))

/** Whether a filter can match a topic of this pattern, where names in braces stand for any level. */
function reaches(filter: string[], pattern: string[]): boolean {
  for (const [i, wanted] of filter.entries()) {
    if (wanted === '#') return true
    const level = pattern[i]
    if (level === undefined) return false
    if (level === '{rule}' && WORDS.has(wanted)) return false
    if (wanted !== '+' && !level.startsWith('{') && wanted !== level) return false
  }
  return filter.length === pattern.length
}
