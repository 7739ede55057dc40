// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs many small jobs, some at a time. */
final class Parallel {
  private Parallel() {}

  /**
   * The results, under the jobs' names.
   *
   * @param workers how many run at a time
   */
  static <T> SortedMap<String, T> run(int workers, SortedMap<String, Callable<T>> jobs) {
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    try {
      SortedMap<String, Future<T>> running = new TreeMap<>();
      jobs.forEach((name, job) -> running.put(name, pool.submit(job)));
      SortedMap<String, T> results = new TreeMap<>();
      for (Map.Entry<String, Future<T>> job : running.entrySet()) {
        results.put(job.getKey(), job.getValue().get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } finally {
      pool.shutdownNow();
    }
  }
}
