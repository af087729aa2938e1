import type { Access } from '../http/access.ts'

/** Who may call a path of the older clients, which no token protected once. */
export type AccessFor = (role: Access) => Access
