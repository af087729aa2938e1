import { signal } from '@preact/signals'

/** `system` follows the machine's setting. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'ajar.theme'
const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }

export const theme = signal<Theme>(kept())

export function startTheme() {
  show(theme.value)
}

export function nextTheme() {
  theme.value = NEXT[theme.value]
  localStorage.setItem(KEY, theme.value)
  show(theme.value)
}

function kept(): Theme {
  const text = localStorage.getItem(KEY)
  return text === 'light' || text === 'dark' ? text : 'system'
}

function show(value: Theme) {
  if (value === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = value
}
