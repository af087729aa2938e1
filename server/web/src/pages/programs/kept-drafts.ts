import { useEffect, useRef, useState } from 'preact/hooks'
import type { LanguageBody } from '../../api/program-bodies.ts'
import { type Draft, draftOf } from './draft.ts'

/** The drafts of one person in this browser: one for each language. */
export interface Kept {
  language: string
  drafts: Record<string, Draft>
}

const SETTLE_MS = 300
/** People who share a browser do not read each other's. */
const keyOf = (who: string) => `ajar.programs.${who}`

/** @returns what this tab of the browser kept, in a new one what was kept last; nothing of what cannot be read any more */
export function readKept(who: string): Kept {
  const own = read(sessionStorage, who)
  return own.language === '' ? read(localStorage, who) : own
}

function read(storage: Storage, who: string): Kept {
  try {
    const { language, drafts } = JSON.parse(storage.getItem(keyOf(who)) ?? '')
    const whole = Object.entries(drafts as Record<string, unknown>).filter(([, draft]) => isDraft(draft))
    return { language: String(language), drafts: Object.fromEntries(whole) as Kept['drafts'] }
  } catch {
    return { language: '', drafts: {} }
  }
}

/**
 * Keeps all drafts of this tab for the tab, and the one that is written for those that are opened later: what another tab
 * writes meanwhile is not taken from it.
 * @returns whether there was room for it
 */
export function keep(who: string, kept: Kept): boolean {
  const { language } = kept
  try {
    sessionStorage.setItem(keyOf(who), JSON.stringify(kept))
    const drafts = { ...read(localStorage, who).drafts }
    const draft = kept.drafts[language]
    if (draft) drafts[language] = draft
    localStorage.setItem(keyOf(who), JSON.stringify({ language, drafts }))
    return true
  } catch {
    return false
  }
}

/** What an older console kept may lack something: then it is none. */
function isDraft(value: unknown): value is Draft {
  const draft = value as Partial<Draft> | null
  return (
    Array.isArray(draft?.files) &&
    draft.files.length > 0 &&
    draft.files.every(({ basename, contents }) => typeof basename === 'string' && typeof contents === 'string') &&
    draft.files.some(({ basename }) => basename === draft.shown) &&
    Array.isArray(draft.cases) &&
    draft.cases.every((one) => typeof one.arguments === 'string' && typeof one.expected === 'string') &&
    typeof draft.switches === 'object' &&
    draft.switches !== null &&
    [draft.name, draft.main, draft.mode, draft.arguments].every((text) => typeof text === 'string')
  )
}

/**
 * The draft of the chosen language, which is kept a moment after it was changed.
 * @param languages at least one
 */
export function useDrafts(languages: readonly LanguageBody[], who: string) {
  const [kept, setKept] = useState(() => readKept(who))
  const [hasRoom, setHasRoom] = useState(true)
  const [isElsewhere, setIsElsewhere] = useState(false)
  const unkept = useRef<Kept | null>(null)
  const language = languages.find(({ name }) => name === kept.language) ?? (languages[0] as LanguageBody)
  const draft = kept.drafts[language.name] ?? draftOf(language)
  const write = () => {
    if (unkept.current) setHasRoom(keep(who, unkept.current))
    unkept.current = null
  }
  useEffect(() => {
    const settled = setTimeout(write, SETTLE_MS)
    return () => clearTimeout(settled)
  }, [kept])
  // Also where the page is left in that moment.
  useEffect(() => {
    addEventListener('pagehide', write)
    return () => {
      removeEventListener('pagehide', write)
      write()
    }
  }, [])
  useEffect(() => {
    // Only what other tabs change is told.
    const hear = ({ key }: StorageEvent) => key === keyOf(who) && setIsElsewhere(true)
    addEventListener('storage', hear)
    return () => removeEventListener('storage', hear)
  }, [who])
  const change = (next: (now: Kept) => Kept) =>
    setKept((now) => {
      unkept.current = next(now)
      return unkept.current
    })
  return {
    language,
    draft,
    /** Whether the browser could keep it. */
    hasRoom,
    /** Whether another tab writes programs too. */
    isElsewhere,
    choose: (name: string) => change((now) => ({ ...now, language: name })),
    /** @param next of the draft as it is then */
    edit: (next: (draft: Draft) => Draft) =>
      change(({ drafts }) => ({
        language: language.name,
        drafts: { ...drafts, [language.name]: next(drafts[language.name] ?? draftOf(language)) },
      })),
  }
}
