package dev.crossfade.lab;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/** Draws everything that shop clients make up from one random source. One thread only. */
final class ShopWords {
  private static final List<String> FIRST =
      List.of(
          "Ada", "Žofie", "李雷", "O'Brien", "Søren", "María José", "Ғалым", "Grace", "نور", "Bo");
  private static final List<String> LAST =
      List.of(
          "Lovelace", "Nováková", "van \"Dam\"", "Ng", "D'Arcy\\Smith", "Ünal", "Hopper", "Łoś");
  private static final List<String> ADJECTIVES =
      List.of("Red", "Quiet", "Ultra-Light", "Crème", "Folding", "50% Larger", "Old", "Fine");
  private static final List<String> THINGS =
      List.of("Kettle", "Lamp", "Ladder", "Desk & Chair", "Bicycle", "Tent", "Piñata", "Clock");
  private static final List<String> CATEGORIES = List.of("kitchen", "garden", "office", "toys");
  private static final List<String> METHODS = List.of("card", "paypal", "invoice", "gift_card");
  private static final List<String> COUNTRIES = List.of("DE", "FR", "US", "JP");

  private final Random random;

  ShopWords(Random random) {
    this.random = random;
  }

  /** An item of an order that is to be placed. */
  record NewItem(UUID id, UUID product, int quantity, int discountPercent) {}

  /** An order that is to be placed; its items are in the order of their products. */
  record NewOrder(
      UUID id,
      UUID user,
      String customer,
      String method,
      BigDecimal shipping,
      String street,
      String city,
      String state,
      String zip,
      String country,
      String notes,
      List<NewItem> items) {}

  UUID uuid() {
    long high = random.nextLong() & 0xffffffffffff0fffL | 0x4000L;
    long low = random.nextLong() & 0x3fffffffffffffffL | 0x8000000000000000L;
    return new UUID(high, low);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  String email() {
    return String.format(Locale.ROOT, "user.%016x@example.org", random.nextLong());
  }

  String person() {
    return chance(0.05) ? null : pick(FIRST) + " " + pick(LAST);
  }

  String productName() {
    return pick(ADJECTIVES) + " " + pick(THINGS) + " " + (1 + random.nextInt(99));
  }

  String sku() {
    return String.format(Locale.ROOT, "SKU-%010X", random.nextLong() & 0xffffffffffL);
  }

  BigDecimal price() {
    return BigDecimal.valueOf(50 + random.nextInt(50_000), 2);
  }

  String category() {
    return chance(0.1) ? null : pick(CATEGORIES);
  }

  /** Mostly nothing or a line; now and then so long that PostgreSQL stores it out of line. */
  String notes() {
    double draw = random.nextDouble();
    if (draw < 0.6) {
      return null;
    }
    if (draw < 0.96) {
      return draw < 0.65 ? "" : "Ring twice,\nthen \"wait\" at door " + random.nextInt(100) + " ☂";
    }
    StringBuilder text = new StringBuilder();
    while (text.length() < 10_000) {
      text.append(Long.toString(random.nextLong(), 36)).append(' ');
    }
    return text.toString();
  }

  List<NewItem> items(List<UUID> catalogue, int count) {
    Set<UUID> products = new LinkedHashSet<>();
    for (int i = 0; i < count; i++) {
      products.add(pick(catalogue));
    }
    List<NewItem> items = new ArrayList<>();
    for (UUID product : products) {
      int discount = chance(0.3) ? 5 * (1 + random.nextInt(6)) : 0;
      items.add(new NewItem(uuid(), product, 1 + random.nextInt(4), discount));
    }
    items.sort(Comparator.comparing(item -> item.product().toString()));
    return items;
  }

  NewOrder order(UUID user, List<UUID> catalogue) {
    String name = person();
    return new NewOrder(
        uuid(),
        user,
        name == null ? "(no name)" : name,
        chance(0.05) ? null : pick(METHODS),
        BigDecimal.valueOf(random.nextInt(4) * 249L, 2),
        "Straße " + (1 + random.nextInt(200)),
        pick(List.of("Köln", "Lyon", "Kyōto", "St. Louis")),
        chance(0.5) ? null : "XY",
        String.format(Locale.ROOT, "%05d", random.nextInt(100_000)),
        pick(COUNTRIES),
        notes(),
        items(catalogue, 1 + random.nextInt(5)));
  }
}
