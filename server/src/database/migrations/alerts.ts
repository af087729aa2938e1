/** 012: rules, what they found, and what is on its way to webhooks. */
export const ALERTS: readonly string[] = [
  `create table alert_rules (
    id text primary key, name text not null unique, kind text not null, subject text, params_json text not null,
    for_ms integer not null, clear_ms integer not null, severity text not null, enabled integer not null, webhook_json text, author text not null,
    created_at integer not null, changed_at integer not null) without rowid`,
  `create table alerts (
    id integer primary key autoincrement, rule text not null, name text not null, kind text not null,
    subject text not null, state text not null, severity text not null, since integer not null,
    unseen_ms integer not null, unseen_since integer, clear_since integer, looked_at integer not null,
    fired_at integer, resolved_at integer, acknowledged_at integer, acknowledged_by text, text text not null, was text not null, value_json text not null)`,
  `create unique index alerts_standing on alerts (rule, subject) where resolved_at is null`,
  `create index alerts_by_subject on alerts (subject, id)`,
  `create index alerts_by_rule on alerts (rule, id)`,
  `create index alerts_by_end on alerts (resolved_at) where resolved_at is not null`,
  `create table webhook_outbox (
    id integer primary key autoincrement, rule text not null, message text not null unique, body_json text not null,
    created_at integer not null, attempts integer not null, next_at integer not null, last_error text)`,
  `create index webhook_outbox_by_rule on webhook_outbox (rule)`,
  `create table webhook_deliveries (
    rule text primary key, dropped integer not null, last_error text, last_error_at integer,
    last_delivered_at integer) without rowid`,
  // Also where the release before renames it.
  `create trigger cameras_take_alert_rules after update of id on cameras when new.id <> old.id begin
    update alert_rules set subject = new.id where subject = old.id; end`,
]
