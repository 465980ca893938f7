"""The tables. Ids are integers inside and texts of digits outside; instants are seconds, amounts are decimal texts."""

from __future__ import annotations

APPLICATION_ID = 0x696D6373
VERSION = 1

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sequences (name TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE accounts (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('reseller', 'customer')),
  parent_id INTEGER REFERENCES accounts (id), external_id TEXT, name TEXT NOT NULL, status TEXT NOT NULL,
  language TEXT NOT NULL, tax_reg_id TEXT, currency TEXT, taxation_provider TEXT, customer_class TEXT,
  attributes TEXT NOT NULL DEFAULT '{}', address TEXT NOT NULL, created REAL NOT NULL);
CREATE INDEX accounts_parent ON accounts (parent_id, kind, created DESC, id DESC);
CREATE TABLE contacts (
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, position INTEGER NOT NULL,
  type TEXT NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL,
  PRIMARY KEY (account_id, position)) WITHOUT ROWID;
CREATE INDEX contacts_email ON contacts (email COLLATE NOCASE);

CREATE TABLE users (
  username TEXT PRIMARY KEY, password TEXT NOT NULL, subscription_key TEXT NOT NULL,
  reseller_id INTEGER NOT NULL REFERENCES accounts (id), active INTEGER NOT NULL, role TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX users_key ON users (subscription_key);
CREATE TABLE tokens (
  digest TEXT PRIMARY KEY, username TEXT NOT NULL REFERENCES users (username) ON DELETE CASCADE,
  issued REAL NOT NULL, expires REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE calls (subscription_key TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX calls_key ON calls (subscription_key, at);

CREATE TABLE plans (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, short TEXT NOT NULL, long TEXT NOT NULL, published INTEGER NOT NULL,
  billing_type TEXT NOT NULL, billing_count INTEGER NOT NULL, billing_model TEXT NOT NULL);
CREATE TABLE plan_periods (
  plan_id INTEGER NOT NULL REFERENCES plans (id), type TEXT NOT NULL, count INTEGER NOT NULL,
  trial INTEGER NOT NULL, active INTEGER NOT NULL);
CREATE INDEX plan_periods_plan ON plan_periods (plan_id);
CREATE TABLE plan_switches (
  plan_id INTEGER NOT NULL REFERENCES plans (id), target_id INTEGER NOT NULL REFERENCES plans (id),
  type TEXT NOT NULL, count INTEGER NOT NULL, from_type TEXT NOT NULL, from_count INTEGER NOT NULL,
  policy TEXT NOT NULL, effective TEXT NOT NULL);
CREATE INDEX plan_switches_plan ON plan_switches (plan_id);
CREATE TABLE products (
  id TEXT PRIMARY KEY, position INTEGER NOT NULL, mpn TEXT NOT NULL, vendor TEXT NOT NULL, service TEXT NOT NULL,
  family TEXT NOT NULL, name TEXT NOT NULL, minimum INTEGER NOT NULL, maximum INTEGER NOT NULL,
  billing_type TEXT NOT NULL, billing_count INTEGER NOT NULL, term_type TEXT NOT NULL, term_count INTEGER NOT NULL,
  billing_model TEXT NOT NULL, coterming TEXT NOT NULL, plan_id INTEGER NOT NULL REFERENCES plans (id),
  fails INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX products_mpn ON products (mpn);
CREATE INDEX products_plan ON products (plan_id);
CREATE TABLE prices (
  product_id TEXT NOT NULL REFERENCES products (id), side TEXT NOT NULL CHECK (side IN ('price', 'cost')),
  currency TEXT NOT NULL, amount TEXT NOT NULL, type TEXT NOT NULL, model TEXT NOT NULL, lower_limit INTEGER);
CREATE INDEX prices_product ON prices (product_id);
CREATE TABLE dependencies (
  product_id TEXT NOT NULL REFERENCES products (id), needs_id TEXT NOT NULL REFERENCES products (id));
CREATE INDEX dependencies_product ON dependencies (product_id);
CREATE TABLE parameters (
  product_id TEXT NOT NULL REFERENCES products (id), position INTEGER NOT NULL, name TEXT NOT NULL,
  rule TEXT NOT NULL, required INTEGER NOT NULL, choices TEXT NOT NULL);
CREATE INDEX parameters_product ON parameters (product_id);

CREATE TABLE subscriptions (
  id INTEGER PRIMARY KEY, reseller_id INTEGER NOT NULL REFERENCES accounts (id),
  customer_id INTEGER NOT NULL REFERENCES accounts (id), name TEXT NOT NULL, status TEXT NOT NULL,
  auto_renew INTEGER NOT NULL, created REAL NOT NULL, modified REAL NOT NULL, renewal_at REAL, expires REAL,
  billing_type TEXT NOT NULL, billing_count INTEGER NOT NULL, term_type TEXT NOT NULL, term_count INTEGER NOT NULL,
  billing_model TEXT NOT NULL, plan_id INTEGER NOT NULL REFERENCES plans (id), currency TEXT NOT NULL,
  attributes TEXT NOT NULL DEFAULT '{}');
CREATE INDEX subscriptions_reseller ON subscriptions (reseller_id, created DESC, id DESC);
CREATE INDEX subscriptions_customer ON subscriptions (customer_id, created DESC, id DESC);
CREATE INDEX subscriptions_due ON subscriptions (renewal_at) WHERE renewal_at IS NOT NULL AND status = 'active';
CREATE TABLE subscription_lines (
  subscription_id INTEGER NOT NULL REFERENCES subscriptions (id), product_id TEXT NOT NULL REFERENCES products (id),
  quantity INTEGER NOT NULL, unit_price TEXT, price_tiers TEXT, unit_cost TEXT, cost_tiers TEXT, provider_cost TEXT,
  vendor_subscription_id TEXT, PRIMARY KEY (subscription_id, product_id)) WITHOUT ROWID;
CREATE TABLE subscription_parameters (
  subscription_id INTEGER NOT NULL REFERENCES subscriptions (id), side TEXT NOT NULL, name TEXT NOT NULL,
  value TEXT NOT NULL, structured TEXT);
CREATE INDEX subscription_parameters_of ON subscription_parameters (subscription_id);
CREATE INDEX subscription_parameters_value ON subscription_parameters (name, value);

CREATE TABLE orders (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, reseller_id INTEGER NOT NULL REFERENCES accounts (id),
  customer_id INTEGER NOT NULL REFERENCES accounts (id), type TEXT NOT NULL, status TEXT NOT NULL,
  status_code TEXT NOT NULL, po_number TEXT, created REAL NOT NULL, provisioned REAL, next_at REAL, next_step TEXT,
  finish_at REAL, doomed TEXT, credit_check INTEGER NOT NULL DEFAULT 1, currency TEXT NOT NULL, total TEXT NOT NULL,
  subscription_id INTEGER REFERENCES subscriptions (id), target_id INTEGER REFERENCES subscriptions (id),
  plan_id INTEGER, term_type TEXT, term_count INTEGER, scheduled INTEGER NOT NULL DEFAULT 0,
  billing_model TEXT, attributes TEXT NOT NULL DEFAULT '{}', extras TEXT NOT NULL DEFAULT '{}',
  details TEXT NOT NULL DEFAULT '[]', body TEXT NOT NULL DEFAULT '{}');
CREATE INDEX orders_reseller ON orders (reseller_id, created DESC, id DESC);
CREATE INDEX orders_customer ON orders (customer_id, created DESC, id DESC);
CREATE INDEX orders_due ON orders (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE order_lines (
  order_id INTEGER NOT NULL REFERENCES orders (id), position INTEGER NOT NULL,
  product_id TEXT NOT NULL REFERENCES products (id), new_product_id TEXT REFERENCES products (id),
  quantity TEXT NOT NULL, unit_price TEXT, price_tiers TEXT, extended TEXT NOT NULL,
  subscription_id INTEGER REFERENCES subscriptions (id), parameters TEXT NOT NULL DEFAULT '[]',
  added INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (order_id, position)) WITHOUT ROWID;
CREATE TABLE order_subscriptions (
  subscription_id INTEGER NOT NULL REFERENCES subscriptions (id), order_id INTEGER NOT NULL REFERENCES orders (id),
  PRIMARY KEY (subscription_id, order_id)) WITHOUT ROWID;
CREATE INDEX order_subscriptions_order ON order_subscriptions (order_id);

CREATE TABLE report_names (name TEXT PRIMARY KEY, dataset TEXT NOT NULL, type TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE reports (
  id TEXT PRIMARY KEY, serial INTEGER NOT NULL, reseller_id INTEGER NOT NULL REFERENCES accounts (id),
  name TEXT NOT NULL REFERENCES report_names (name), customization TEXT, status TEXT NOT NULL, type TEXT NOT NULL,
  format TEXT NOT NULL, created REAL NOT NULL, starts REAL NOT NULL, ends REAL NOT NULL, next_at REAL, next_step TEXT,
  signature TEXT NOT NULL, content BLOB);
CREATE INDEX reports_reseller ON reports (reseller_id, created DESC, serial DESC);
CREATE INDEX reports_due ON reports (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  query TEXT NOT NULL, status INTEGER NOT NULL, operation TEXT, correlation_id TEXT NOT NULL, username TEXT,
  request_body TEXT, rows INTEGER, fault TEXT);
CREATE INDEX ledger_correlation ON ledger (correlation_id);
CREATE TABLE effects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, ledger_seq INTEGER REFERENCES ledger (seq), time REAL NOT NULL,
  kind TEXT NOT NULL, id TEXT NOT NULL, what TEXT NOT NULL);
CREATE INDEX effects_ledger ON effects (ledger_seq);
CREATE INDEX effects_entity ON effects (kind, id);
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_fixed BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER effects_stay BEFORE DELETE ON effects BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""
