package dev.crossfade.model;

import java.util.ArrayList;
import java.util.List;

/** Contracts 1 to 30 in groups of three, with their terms and lines. */
final class RentalGround implements Ground {
  private static final int LARGE = 100_000;

  private final boolean parks;

  /**
   * @param parks whether a contract may get a state that the mapping does not know
   */
  RentalGround(boolean parks) {
    this.parks = parks;
  }

  @Override
  public String domain() {
    return "rental";
  }

  @Override
  public int groups() {
    return 10;
  }

  @Override
  public void operation(Script s, List<Integer> groups) {
    var contracts = new ArrayList<Integer>();
    groups.forEach(g -> contracts.addAll(List.of(g * 3 + 1, g * 3 + 2, g * 3 + 3)));
    int a = s.one(contracts);
    contracts.remove((Integer) a);
    int b = s.one(contracts);
    switch (s.number(21)) {
      case 0, 1 -> put(s, a);
      case 2 -> s.sql("delete from contracts where contract_no = %d", a);
      case 3, 4 -> lines(s, a);
      case 5 ->
          s.sql(
              "delete from contract_lines where contract_no = %d and line_no = %d",
              a, 1 + s.number(6));
      case 6 -> moveLine(s, a, b);
      case 7 ->
          s.sql(
              "update contracts set contract_no = %2$d where contract_no = %1$d and not exists (select from contracts where contract_no = %2$d)",
              a, b);
      case 8 -> {
        s.sql("update contracts set contract_no = %d where contract_no = %d", 9000 + s.tx(), a);
        s.sql("update contracts set contract_no = %d where contract_no = %d", a, b);
        s.sql("update contracts set contract_no = %d where contract_no = %d", b, 9000 + s.tx());
      }
      case 9, 10 -> remark(s, a, s.large());
      case 11 -> remark(s, a, s.chance(50) ? "null" : "'note " + s.number(1000) + "'");
      case 12, 13 ->
          s.sql(
              "update contracts set customer_no = %d where contract_no in (%d, %d)",
              100 + s.number(9), a, b);
      case 14 -> {
        s.sql("delete from contracts where contract_no = %d", a);
        put(s, a);
        lines(s, a);
      }
      case 15 -> copy(s, a, 1 + s.number(8), 1);
      case 16 -> merge(s, a, b);
      case 17 -> {
        s.sql("update contract_lines set line_no = 99 where contract_no = %d and line_no = 1", a);
        s.sql("update contract_lines set line_no = 1 where contract_no = %d and line_no = 2", a);
        s.sql("update contract_lines set line_no = 2 where contract_no = %d and line_no = 99", a);
      }
      case 18 ->
          s.sql(
              "insert into contracts values (%d, 100, '2026-03-01', 'd', null) on conflict do nothing",
              a);
      case 19 -> {
        if (s.chance(15)) {
          copy(s, a, 1_000 + s.number(3_000), 1_001);
        } else {
          s.sql("delete from contract_lines where contract_no = %d and line_no > 1000", a);
        }
      }
      default -> {
        if (parks) {
          s.sql("update contracts set state = 'x' where contract_no = %d", a);
        } else {
          s.sql(
              "update contract_terms set deposit = %d.005, insured = not insured where contract_no = %d",
              s.number(100), a);
        }
      }
    }
  }

  private static void put(Script s, int contract) {
    s.sql(
        "insert into contracts values (%d, %d, '2026-01-%02d', '%s', null) on conflict (contract_no) do update set state = excluded.state, opened = excluded.opened",
        contract, 100 + s.number(9), 1 + s.number(28), "doc".charAt(s.number(3)));
    s.sql(
        "insert into contract_terms values (%d, %d.%03d, true) on conflict (contract_no) do update set deposit = excluded.deposit",
        contract, s.number(500), s.number(1000));
  }

  /** A contract that may have lines and remarks: the store refuses them without its terms. */
  private static void ensure(Script s, int contract) {
    s.sql(
        "insert into contracts values (%d, 100, '2026-02-01', 'o', null) on conflict do nothing",
        contract);
    s.sql("insert into contract_terms values (%d, 1, false) on conflict do nothing", contract);
  }

  private static void lines(Script s, int contract) {
    ensure(s, contract);
    for (int i = 0, n = 1 + s.number(4); i < n; i++) {
      s.sql(
          "insert into contract_lines values (%d, %d, 'machine %d', %d, %d.%02d) on conflict (contract_no, line_no) do update set days = excluded.days, rate = excluded.rate",
          contract, 1 + s.number(6), s.number(50), 1 + s.number(20), s.number(300), s.number(100));
    }
  }

  private static void moveLine(Script s, int a, int b) {
    ensure(s, b);
    s.sql(
        """
        update contract_lines set contract_no = %2$d where contract_no = %1$d
          and line_no = (select min(line_no) from contract_lines where contract_no = %1$d)
          and not exists (select from contract_lines x where x.contract_no = %2$d and x.line_no = contract_lines.line_no)
        """,
        a, b);
  }

  private static void remark(Script s, int contract, String text) {
    s.sql(
        "update contracts c set remarks = %s where contract_no = %d and exists (select from contract_terms t where t.contract_no = c.contract_no)",
        text, contract);
  }

  private static void copy(Script s, int contract, int lines, int from) {
    ensure(s, contract);
    s.sql(
        "delete from contract_lines where contract_no = %d and line_no between %d and %d",
        contract, from, from + lines - 1);
    var rows = new ArrayList<String>();
    for (int i = 0; i < lines; i++) {
      rows.add(contract + "\t" + (from + i) + "\tcopied " + i + "\t" + (1 + i % 9) + "\t2.50");
    }
    s.copy("contract_lines", rows);
  }

  /** All lines of one contract go to the other one, and the empty one is deleted. */
  private static void merge(Script s, int a, int b) {
    ensure(s, b);
    s.sql(
        """
        update contract_lines set contract_no = %2$d where contract_no = %1$d
          and not exists (select from contract_lines x where x.contract_no = %2$d and x.line_no = contract_lines.line_no)
        """,
        a, b);
    s.sql("delete from contracts where contract_no = %d", a);
  }

  @Override
  public void whole(Script s) {
    switch (s.number(4)) {
      case 0 -> s.sql("truncate contract_lines");
      case 1 -> s.sql("truncate contracts cascade");
      case 2 -> {
        lines(s, 1);
        s.sql("truncate contract_lines");
        lines(s, 1);
        copy(s, 2, 3, 1);
      }
      default -> {
        s.sql("truncate contracts cascade");
        put(s, 4);
        lines(s, 5);
        s.sql("update contracts set contract_no = 6 where contract_no = 5");
      }
    }
  }

  /** Contracts far from the others, with terms and three lines each; the next one deletes them. */
  @Override
  public void large(Script s, int rows) {
    if (rows == 0) {
      s.sql("delete from contracts where contract_no > %d and contract_no < 900000000", LARGE);
      return;
    }
    int contracts = rows / 5;
    s.sql(
        "insert into contracts select %1$d + g, 100 + g %% 7, '2026-04-01', 'o', null from generate_series(1, %2$d) g on conflict do nothing",
        LARGE, contracts);
    s.sql(
        "insert into contract_terms select %1$d + g, g %% 50, true from generate_series(1, %2$d) g on conflict do nothing",
        LARGE, contracts);
    s.sql(
        "insert into contract_lines select %1$d + g, l, 'machine', 1 + l, 1.5 from generate_series(1, %2$d) g, generate_series(1, 3) l on conflict do nothing",
        LARGE, contracts);
  }
}
