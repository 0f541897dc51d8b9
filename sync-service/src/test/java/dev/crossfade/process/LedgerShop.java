package dev.crossfade.process;

import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Comparison;
import dev.crossfade.lab.ShopFiles;
import dev.crossfade.lab.ShopSeed;
import dev.crossfade.lab.ShopTraffic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The shop with a ledger: a row of the legacy that every transaction updates last, with the number
 * of committed transactions and what there is after them. It is mirrored and mapped in the order
 * domain, so that any state of the order store can be compared with the one that the legacy had.
 * The stores have triggers that notice what must not happen.
 */
final class LedgerShop {
  private static final String LEDGER =
      """
      create table shop_ledger (
        id integer primary key, n bigint not null, orders bigint not null, items bigint not null, subtotal numeric not null);
      create function ledger_delta(name text, delta numeric) returns void language sql as $$
        select set_config('ledger.' || name, (coalesce(nullif(current_setting('ledger.' || name, true), ''), '0')::numeric + delta)::text, true)
      $$;
      create function ledger_sum(name text) returns numeric language sql as $$
        select coalesce(nullif(current_setting('ledger.' || name, true), ''), '0')::numeric
      $$;
      create function ledger_orders() returns trigger language plpgsql as $$
      begin
        perform ledger_delta('orders', case tg_op when 'INSERT' then 1 when 'DELETE' then -1 else 0 end);
        return null;
      end $$;
      create trigger ledger_orders after insert or delete on sales_orders for each row execute function ledger_orders();
      create function ledger_items() returns trigger language plpgsql as $$
      begin
        if tg_op <> 'INSERT' then
          perform ledger_delta('items', -1), ledger_delta('subtotal', -(old.line_total - coalesce(old.discount, 0)));
        end if;
        if tg_op <> 'DELETE' then
          perform ledger_delta('items', 1), ledger_delta('subtotal', new.line_total - coalesce(new.discount, 0));
        end if;
        return null;
      end $$;
      create trigger ledger_items after insert or update or delete on sales_items for each row execute function ledger_items();
      """;

  private static final String FIRST_ENTRY =
      """
      insert into shop_ledger select 1, 0, (select count(*) from sales_orders), count(*),
        coalesce(sum(line_total - coalesce(discount, 0)), 0) from sales_items
      """;

  private static final String ENTRY =
      """
      update shop_ledger set n = n + 1, orders = orders + ledger_sum('orders')::bigint,
        items = items + ledger_sum('items')::bigint, subtotal = subtotal + ledger_sum('subtotal')
      """;

  private static final String NOTICE =
      """
      create table if not exists noticed_idle (tab text, at timestamptz default now());
      create table if not exists noticed_life (n bigint generated always as identity, tab text, key text, op text);
      create or replace function notice_idle() returns trigger language plpgsql as $$
      begin
        if old is not distinct from new then insert into noticed_idle values (tg_table_name); end if;
        return null;
      end $$;
      create or replace function notice_life() returns trigger language plpgsql as $$
      begin
        insert into noticed_life (tab, key, op)
        values (tg_table_name, (select string_agg(to_jsonb(case tg_op when 'DELETE' then old else new end) ->> a, '/' order by a)
                                from unnest(tg_argv) a), tg_op);
        return null;
      end $$;
      do $$ declare t record; begin
        for t in select c.relname, string_agg(quote_literal(a.attname), ', ') as keys
                 from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
                 join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
                 where i.indisprimary and n.nspname = 'public' group by 1 loop
          execute format('create trigger zz_notice_idle after update on %I for each row execute function notice_idle()', t.relname);
          execute format('create trigger zz_notice_life after insert or delete on %I for each row execute function notice_life(%s)', t.relname, t.keys);
        end loop;
      end $$;
      """;

  private final ShopFiles files = ShopFiles.find();
  private final FlowFixture flow;

  LedgerShop(Path scratch) throws IOException, SQLException {
    flow = new FlowFixture();
    flow.legacy(files.legacy()).legacy(LEDGER);
    try (Connection connection = flow.legacyConnection()) {
      ShopSeed.plant(connection, 7, 60, 80, 40);
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
    }
    flow.legacy(FIRST_ENTRY);
    for (String domain : ShopFiles.DOMAINS) {
      String ddl = files.service(domain);
      if (domain.equals("order")) {
        ddl +=
            ";\ncreate table shop_ledger (id integer primary key, n bigint not null, orders bigint not null, items bigint not null, subtotal numeric not null);";
      }
      flow.store(domain + "-store", ddl + "\n;" + NOTICE);
      flow.domain(domain.equals("order") ? withLedger(scratch) : files.domain(domain));
    }
  }

  /** The order domain, with the ledger as one more table and one more target. */
  private Path withLedger(Path scratch) throws IOException {
    Path to = Files.createDirectories(scratch.resolve("order"));
    try (var listed = Files.list(files.domain("order"))) {
      for (Path file : listed.toList()) {
        Files.writeString(to.resolve(file.getFileName()), Files.readString(file));
      }
    }
    Files.writeString(
        to.resolve("domain.yml"),
        Files.readString(to.resolve("domain.yml"))
            .replaceFirst("(?m)^tables:$", "tables:\n  shop_ledger: { aggregate: id }")
            .replaceFirst(
                "(?m)^targets:$",
                "targets:\n  shop_ledger: { select: ledger.sql, key: [id], aggregate: id, per: shop_ledger, triggers: run }"));
    Files.writeString(
        to.resolve("ledger.sql"),
        "SELECT id, n, orders, items, subtotal FROM legacy.shop_ledger WHERE id = any(:keys)");
    return to;
  }

  FlowFixture flow() {
    return flow;
  }

  /** Traffic of which every transaction ends with an entry in the ledger. */
  ShopTraffic traffic(double ordersPerSecond, long seed) throws SQLException {
    return ShopTraffic.start(
        flow::legacyConnection,
        new ShopTraffic.Settings(ordersPerSecond, 6, seed, Optional.of(ENTRY)));
  }

  /** How many transactions the legacy has committed. */
  long transactions() throws SQLException {
    return Long.parseLong(flow.queryLegacy("select n from shop_ledger").get(0));
  }

  /** How many of them the order store has. */
  long applied() throws SQLException {
    return Long.parseLong(flow.query("order-store", "select n from shop_ledger").get(0));
  }

  Map<String, Comparison.Found> compare() throws SQLException {
    var stores = new LinkedHashMap<String, Comparison.Database>();
    for (String domain : ShopFiles.DOMAINS) {
      stores.put(domain, () -> flow.storeConnection(domain + "-store"));
    }
    return new Comparison(flow::legacyConnection, stores).compare();
  }

  /** Everything that the triggers in the stores noticed and that must not happen. */
  List<String> offences() throws SQLException {
    var offences = new java.util.ArrayList<String>();
    for (String store : flow.stores()) {
      flow.query(
              store,
              "select 'written without a difference: ' || tab || ' ' || count(*) from noticed_idle group by tab")
          .forEach(o -> offences.add(store + ": " + o));
      flow.query(
              store,
              """
              select 'inserted twice in one life: ' || tab || ' ' || key from (
                select tab, key, op, lag(op) over (partition by tab, key order by n) as before from noticed_life) x
              where op = before
              """)
          .forEach(o -> offences.add(store + ": " + o));
      flow.query(
              store,
              "select 'parked: ' || id || ' ' || reason from crossfade.dirty where reason is not null")
          .forEach(o -> offences.add(store + ": " + o));
    }
    return offences;
  }
}
