// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.util.StubdomException;

/**
 * A network of the stub domain's own: which vif, and the addresses on it. It is a word of the stub
 * domain's command line, which xen-netfront/own_network.h describes.
 */
public final class StubNetwork {
  /** The key of the stub domain's command line. */
  public static final String COMMAND_LINE = "stubdomain_cmdline";

  /** The key of arguments for the stub domain's QEMU. */
  public static final String ARGUMENTS = "device_model_args_hvm";

  private static final String WORD = "rump.net=";
  private static final String OPTION = "--stub-network=";
  private static final String HOW =
      "write VIF,dhcp or VIF,ADDRESS/PREFIX[,ROUTER], for example 1,192.0.2.7/24,192.0.2.1";

  private static final Pattern VIF = Pattern.compile(WORD + "([0-9]{1,5}),.*");
  private static final Pattern ADDRESS =
      Pattern.compile("([0-9]+(?:\\.[0-9]+){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)(?:/([0-9]{1,3}))?");

  /** VNC's passwords are that long; QEMU takes no more of a longer one. */
  private static final int PASSWORD = 8;

  private static final String SECRET = "stubdom-vnc";

  private final String text;
  private final String router;

  private StubNetwork(String text, String router) {
    this.text = text;
    this.router = router;
  }

  /**
   * Reads what {@code --stub-network} says.
   *
   * @throws StubdomException (usage) when it is none
   */
  public static StubNetwork of(String text) {
    String[] items = text.split(",", -1);
    if (!items[0].matches("[0-9]{1,5}") || Integer.parseInt(items[0]) > 0xffff) {
      throw wrong(text, "does not begin with the number of a vif");
    }
    if (items.length == 1) {
      throw wrong(text, "says no address");
    }
    // By protocol, and apart for addresses and routers.
    Map<String, String> seen = new LinkedHashMap<>();
    for (String item : List.of(items).subList(1, items.length)) {
      String kind = item.equals("dhcp") ? "4" : kind(text, item);
      if (seen.putIfAbsent(kind, item) != null) {
        throw wrong(text, "says both " + seen.get(kind) + " and " + item);
      }
    }
    for (String protocol : List.of("4", "6")) {
      String router = seen.get(protocol + "router");
      if (router != null && (!seen.containsKey(protocol) || seen.get(protocol).equals("dhcp"))) {
        throw wrong(text, "has the router " + router + " but no address beside it");
      }
    }
    String router = seen.get("4router");
    return new StubNetwork(
        text, router == null ? null : router + seen.get("4").replaceFirst(".*/", "/"));
  }

  /** "4" or "6" for an address with its prefix, with "router" for one without. */
  private static String kind(String text, String item) {
    Matcher matcher = ADDRESS.matcher(item);
    if (!matcher.matches()) {
      throw wrong(text, "has " + (item.isEmpty() ? "nothing" : item) + " for an address");
    }
    int size;
    try {
      // It has the form of an address, so that no name is looked up.
      size = InetAddress.getByName(matcher.group(1)).getAddress().length;
    } catch (UnknownHostException e) {
      throw wrong(text, "has " + item + " for an address");
    }
    boolean four = !matcher.group(1).contains(":");
    String prefix = matcher.group(2);
    if (prefix == null) {
      return (four ? "4" : "6") + "router";
    }
    int bits = Integer.parseInt(prefix);
    if (bits < 1 || bits > 8 * (four ? size : 16)) {
      throw wrong(text, "has a prefix of " + bits + " bits");
    }
    return four ? "4" : "6";
  }

  private static StubdomException wrong(String text, String why) {
    return StubdomException.usage(OPTION + text, why, HOW);
  }

  /** The word of the command line that asks for it. */
  public String word() {
    return WORD + text;
  }

  /** The router of IPv4 with the prefix of its network, as ADDRESS/PREFIX. */
  public Optional<String> router() {
    return Optional.ofNullable(router);
  }

  /** The vif that a guest's configuration has made the stub domain's own. */
  static OptionalInt vif(GuestConfiguration guest) {
    for (String word : words(guest)) {
      Matcher matcher = VIF.matcher(word);
      if (matcher.matches()) {
        return OptionalInt.of(Integer.parseInt(matcher.group(1)));
      }
    }
    return OptionalInt.empty();
  }

  private static List<String> words(GuestConfiguration guest) {
    return List.of(guest.string(COMMAND_LINE).orElse("").strip().split(" +"));
  }

  /** The guest, whose stub domain has this network. */
  public GuestConfiguration applyTo(GuestConfiguration guest) {
    List<String> words = new ArrayList<>(words(guest));
    words.removeIf(word -> word.isEmpty() || word.startsWith(WORD));
    words.add(word());
    return guest.changed(Map.of(COMMAND_LINE, String.join(" ", words)), Map.of());
  }

  /**
   * The guest, whose stub domain serves its screen itself: {@code vncpasswd} is the password, and
   * the server in dom0 is off.
   *
   * @param display its port is 5900 and this
   * @throws StubdomException (input) when the configuration has another server there, or no network
   */
  public static GuestConfiguration serveScreen(GuestConfiguration guest, int display) {
    if (vif(guest).isEmpty()) {
      throw StubdomException.usage(
          "--stub-vnc=" + display,
          "the stub domain has no network to serve the screen on",
          "give --stub-network too");
    }
    List<String> wanted = server(guest, display);
    List<String> present = guest.strings(ARGUMENTS);
    boolean there = Collections.indexOfSubList(present, wanted) >= 0;
    Optional<String> other = present.stream().filter("-vnc"::equals).findAny();
    if (!there && other.isPresent()) {
      throw StubdomException.input(
          guest.file() + ":" + guest.line(ARGUMENTS),
          ARGUMENTS + " has another -vnc",
          "remove it, or leave out --stub-vnc");
    }
    return guest.changed(Map.of("vnc", "0"), there ? Map.of() : Map.of(ARGUMENTS, wanted));
  }

  private static List<String> server(GuestConfiguration guest, int display) {
    String password = guest.string("vncpasswd").orElse("");
    if (password.isEmpty()) {
      return List.of("-vnc", ":" + display);
    }
    if (password.length() > PASSWORD) {
      password = password.substring(0, PASSWORD);
    }
    return List.of(
        "-object",
        "secret,id=" + SECRET + ",data=" + password.replace(",", ",,"),
        "-vnc",
        ":" + display + ",password-secret=" + SECRET);
  }

  /** Whether the stub domain serves the screen to a network, with nothing that asks who looks. */
  private static boolean isOpen(GuestConfiguration guest) {
    List<String> arguments = guest.strings(ARGUMENTS);
    int vnc = arguments.indexOf("-vnc");
    return vnc >= 0
        && vnc + 1 < arguments.size()
        && !arguments.get(vnc + 1).contains("password")
        && !arguments.get(vnc + 1).contains("sasl");
  }

  static void check(
      GuestConfiguration guest, Checker.Report error, Checker.Report warn, Checker.Report note) {
    OptionalInt own = vif(guest);
    if (own.isEmpty()) {
      return;
    }
    int line = guest.line(COMMAND_LINE);
    int id = own.getAsInt();
    note.add(
        line,
        "a network of the stub domain's own needs an image with NetBSD's TCP/IP",
        "build it with --rump-kernel and --rump-components=inet,inet6,virtif");
    if (id >= guest.vifs().size()) {
      error.add(
          line,
          "there is no vif " + id + " that could be the stub domain's own",
          "add one with type=vif to the vifs");
    } else if (guest.vifs().get(id).emulated()) {
      error.add(
          guest.vifs().get(id).line(),
          "vif " + id + " is the card of the guest, and shall be the stub domain's own",
          "add another with type=vif, and name that one");
    } else {
      warn.add(
          guest.vifs().get(id).line(),
          "the guest gets vif " + id + " too, as a PV network card on the same bridge",
          "after each start: ip link set vif$(xl domid "
              + guest.name()
              + ")."
              + id
              + " nomaster down");
    }
    if (isOpen(guest)) {
      warn.add(
          guest.line(ARGUMENTS),
          "whoever reaches the stub domain's network sees and uses the guest's screen",
          "set vncpasswd before --stub-vnc");
    }
  }
}
