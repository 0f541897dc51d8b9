package dev.crossfade.lab;

import java.util.LinkedHashMap;
import java.util.Map;

/** Where everything of a demo is: for any client, and for a person. */
final class DemoAddresses {
  private DemoAddresses() {}

  /** The content of endpoints.json. */
  static Map<String, Object> endpoints(DemoServers servers, ServiceProcess service) {
    PostgresServer stores = servers.stores();
    Map<String, Object> each = new LinkedHashMap<>();
    for (String domain : ShopFiles.DOMAINS) {
      each.put(domain + "-store", access(stores, DemoSetup.database(domain)));
    }
    Map<String, Long> pids = new LinkedHashMap<>();
    pids.put("demo", ProcessHandle.current().pid());
    pids.put("legacy", servers.legacy().pid());
    pids.put("stores", stores.pid());
    pids.put("kafka", servers.kafka().pid());
    pids.put("service", service.pid());
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("legacy", access(servers.legacy(), DemoStack.SHOP));
    all.put("control", access(stores, DemoSetup.CONTROL));
    all.put("stores", each);
    all.put("kafka", servers.kafka().bootstrapServers());
    all.put("http", service.url());
    all.put("pids", pids);
    return all;
  }

  private static Map<String, String> access(PostgresServer server, String database) {
    Map<String, String> access = new LinkedHashMap<>();
    access.put("url", server.jdbcUrl(database));
    access.put("user", server.user());
    access.put("password", server.password());
    return access;
  }

  static String forPeople(DemoServers servers, ServiceProcess service) {
    return """
        legacy     %s
        stores     %s
        control    %s
        user       %s, password %s
        Kafka      %s, topics crossfade.<domain>
        service    %s/api/status"""
        .formatted(
            servers.legacy().jdbcUrl(DemoStack.SHOP),
            servers.stores().jdbcUrl("{product,inventory,order,auth}_service"),
            servers.stores().jdbcUrl(DemoSetup.CONTROL),
            servers.legacy().user(),
            servers.legacy().password(),
            servers.kafka().bootstrapServers(),
            service.url());
  }
}
