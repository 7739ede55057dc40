// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * The xenstore tree (Xen's docs/misc/xenstore.txt): nodes with permissions, transactions with
 * conflict detection, change listeners. Paths are absolute. The methods without a transaction are
 * what dom0 does: never refused.
 */
public final class Xenstore {
  /** An error the daemon would answer, by its name on the wire. */
  public static final class XenstoreException extends Exception {
    private static final long serialVersionUID = 1L;

    XenstoreException(String error) {
      super(error);
    }
  }

  /** Told about each committed change. */
  public interface Listener {
    /** {@code removed}: the node and everything below it went away. */
    void changed(String path, boolean removed);
  }

  private static final class Node {
    final byte[] value;
    final List<String> perms;
    final long generation; // of the commit that made it, 0 inside a transaction

    Node(byte[] value, List<String> perms, long generation) {
      this.value = value;
      this.perms = perms;
      this.generation = generation;
    }
  }

  private static final class Transaction {
    final NavigableMap<String, Node> view;
    final Map<String, Long> seen = new HashMap<>();
    final Set<String> own = new HashSet<>();
    final List<Change> changes = new ArrayList<>();

    Transaction(NavigableMap<String, Node> nodes) {
      view = new TreeMap<>(nodes);
    }
  }

  private record Change(String path, Node node) {}

  private final NavigableMap<String, Node> nodes = new TreeMap<>();
  private final Map<Integer, Transaction> transactions = new HashMap<>();
  private final List<Listener> listeners = new ArrayList<>();
  private int nextTransaction = 1;
  private long generation = 1;

  public Xenstore() {
    nodes.put("/", new Node(new byte[0], List.of("n0"), generation));
  }

  public void addListener(Listener listener) {
    listeners.add(listener);
  }

  // ---- dom0's plain face
  // ---------------------------------------------------------------------------

  /** The value as text, null when the node is absent. */
  public String read(String path) {
    Node node = nodes.get(path);
    return node == null ? null : new String(node.value, StandardCharsets.ISO_8859_1);
  }

  /** The value as a decimal number, or {@code absent}. */
  public long readNumber(String path, long absent) {
    String value = read(path);
    return value == null ? absent : Long.parseUnsignedLong(value);
  }

  public void write(String path, Object value) {
    try {
      write(0, 0, path, value.toString().getBytes(StandardCharsets.ISO_8859_1));
    } catch (XenstoreException e) {
      throw new IllegalStateException(path, e);
    }
  }

  public void remove(String path) {
    try {
      remove(0, 0, path);
    } catch (XenstoreException e) {
      throw new IllegalStateException(path, e);
    }
  }

  public List<String> list(String path) {
    try {
      return directory(0, 0, path);
    } catch (XenstoreException e) {
      return List.of();
    }
  }

  /** A directory with permissions such as "n7", "r0". */
  public void mkdir(String path, String... perms) {
    try {
      if (!nodes.containsKey(path)) {
        mkdir(0, 0, path);
      }
      setPerms(0, 0, path, List.of(perms));
    } catch (XenstoreException e) {
      throw new IllegalStateException(path, e);
    }
  }

  // ---- the daemon's face: transaction 0 is none
  // -----------------------------------------------------

  int startTransaction() {
    transactions.put(nextTransaction, new Transaction(nodes));
    return nextTransaction++;
  }

  void endTransaction(int id, boolean commit) throws XenstoreException {
    Transaction tx = transactions.remove(id);
    if (tx == null) {
      throw new XenstoreException("ENOENT");
    }
    if (!commit) {
      return;
    }
    for (Map.Entry<String, Long> seen : tx.seen.entrySet()) {
      Node now = nodes.get(seen.getKey());
      if (seen.getValue() != (now == null ? 0 : now.generation)) {
        throw new XenstoreException("EAGAIN");
      }
    }
    for (Change change : tx.changes) {
      apply(change.path, change.node);
    }
  }

  int openTransactions() {
    return transactions.size();
  }

  byte[] read(int tx, int domid, String path) throws XenstoreException {
    return readable(tx, domid, path).value;
  }

  List<String> perms(int tx, int domid, String path) throws XenstoreException {
    return readable(tx, domid, path).perms;
  }

  List<String> directory(int tx, int domid, String path) throws XenstoreException {
    readable(tx, domid, path);
    String prefix = path.equals("/") ? "/" : path + "/";
    List<String> names = new ArrayList<>();
    for (String child : view(tx).tailMap(prefix, false).keySet()) {
      if (!child.startsWith(prefix)) {
        break;
      }
      if (child.indexOf('/', prefix.length()) < 0) {
        names.add(child.substring(prefix.length()));
      }
    }
    return names;
  }

  void write(int tx, int domid, String path, byte[] value) throws XenstoreException {
    Node node = find(tx, path);
    List<String> perms = node == null ? create(tx, domid, path) : writable(node, domid);
    change(tx, path, new Node(value, perms, 0));
  }

  void mkdir(int tx, int domid, String path) throws XenstoreException {
    if (find(tx, path) == null) {
      change(tx, path, new Node(new byte[0], create(tx, domid, path), 0));
    }
  }

  void remove(int tx, int domid, String path) throws XenstoreException {
    Node node = find(tx, path);
    if (node == null) {
      if (find(tx, parent(path)) == null) {
        throw new XenstoreException("ENOENT");
      }
      return; // removing what is not there is a success
    }
    writable(node, domid);
    change(tx, path, null);
  }

  void setPerms(int tx, int domid, String path, List<String> perms) throws XenstoreException {
    Node node = find(tx, path);
    if (node == null) {
      throw new XenstoreException("ENOENT");
    }
    if (domid != 0 && !node.perms.get(0).substring(1).equals(Integer.toString(domid))) {
      throw new XenstoreException("EACCES");
    }
    // xenstored's do_set_perms(): nobody but domain 0 gives a node to another domain.
    if (domid != 0 && !perms.get(0).substring(1).equals(Integer.toString(domid))) {
      throw new XenstoreException("EPERM");
    }
    change(tx, path, new Node(node.value, List.copyOf(perms), 0));
  }

  private NavigableMap<String, Node> view(int tx) throws XenstoreException {
    if (tx == 0) {
      return nodes;
    }
    Transaction transaction = transactions.get(tx);
    if (transaction == null) {
      throw new XenstoreException("ENOENT");
    }
    return transaction.view;
  }

  private Node find(int tx, String path) throws XenstoreException {
    Node node = view(tx).get(path);
    if (tx != 0 && !transactions.get(tx).own.contains(path)) {
      transactions.get(tx).seen.putIfAbsent(path, node == null ? 0 : node.generation);
    }
    return node;
  }

  private Node readable(int tx, int domid, String path) throws XenstoreException {
    Node node = find(tx, path);
    if (node == null) {
      throw new XenstoreException("ENOENT");
    }
    if (!allows(node, domid, 'r')) {
      throw new XenstoreException("EACCES");
    }
    return node;
  }

  private static List<String> writable(Node node, int domid) throws XenstoreException {
    if (!allows(node, domid, 'w')) {
      throw new XenstoreException("EACCES");
    }
    return node.perms;
  }

  private static boolean allows(Node node, int domid, char right) {
    if (domid == 0) {
      return true;
    }
    String id = Integer.toString(domid);
    String owner = node.perms.get(0);
    if (owner.substring(1).equals(id)) {
      return true;
    }
    char granted = owner.charAt(0);
    for (String perm : node.perms.subList(1, node.perms.size())) {
      if (perm.substring(1).equals(id)) {
        granted = perm.charAt(0);
      }
    }
    return granted == 'b' || granted == right;
  }

  /** Creates missing parents; returns the permissions a new node inherits. */
  private List<String> create(int tx, int domid, String path) throws XenstoreException {
    String up = parent(path);
    Node node = find(tx, up);
    List<String> perms;
    if (node == null) {
      perms = create(tx, domid, up);
      change(tx, up, new Node(new byte[0], perms, 0));
    } else {
      perms = writable(node, domid);
    }
    if (domid == 0) {
      return perms;
    }
    // What a domain creates belongs to it; the other rights are the parent's.
    List<String> own = new ArrayList<>(perms);
    own.set(0, perms.get(0).charAt(0) + Integer.toString(domid));
    return own;
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  private void change(int tx, String path, Node node) throws XenstoreException {
    if (tx == 0) {
      apply(path, node);
      return;
    }
    NavigableMap<String, Node> view = view(tx);
    if (node == null) {
      removeTree(view, path);
    } else {
      view.put(path, node);
    }
    transactions.get(tx).own.add(path);
    transactions.get(tx).changes.add(new Change(path, node));
  }

  private void apply(String path, Node node) {
    if (node == null) {
      removeTree(nodes, path);
    } else {
      nodes.put(path, new Node(node.value, node.perms, ++generation));
    }
    for (Listener listener : List.copyOf(listeners)) {
      listener.changed(path, node == null);
    }
  }

  private static void removeTree(NavigableMap<String, Node> tree, String path) {
    tree.remove(path);
    Set<String> below = new HashSet<>();
    for (String child : tree.tailMap(path + "/").keySet()) {
      if (!child.startsWith(path + "/")) {
        break;
      }
      below.add(child);
    }
    tree.keySet().removeAll(below);
  }
}
