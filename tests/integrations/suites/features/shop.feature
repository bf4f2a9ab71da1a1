@team:shop
Feature: Shop
  Background:
    Given a customer

  @wip @slow
  Scenario: all is well
    When an order is made
      | item | password |
      | book | hunter2  |
    Then it is said
      """
      thank you
      """

  Scenario: an assertion
    When an assertion fails
    Then an order is made

  Scenario: an error
    When something breaks

  Scenario: not written yet
    When nobody wrote this

  Scenario: pending
    When it is pending

  Scenario: skips itself
    When it skips
    Then something breaks

  @skip_me
  Scenario: skipped before
    When something breaks

  @not_selected
  Scenario: not selected
    When something breaks

  @bad_hook
  Scenario: bad hook
    When an order is made

  @bad_after
  Scenario: bad hook after
    When an order is made

  @bad_cleanup
  Scenario: bad cleanup
    When an order is made

  @bad_tag
  Scenario: bad tag hook
    When an order is made

  @bad_step_hook
  Scenario: bad step hook
    When an order is made

  Scenario: asynchronous
    When it waits

  Scenario: steps in steps
    When steps are executed

  @retried
  Scenario: flaky
    When it fails the first time

  @retried
  Scenario: hopeless
    When something breaks

  Scenario Outline: sums of <a>
    When <a> is added to <b>

    Examples: good
      | a | b |
      | 1 | 2 |
      | 2 | 2 |

    Examples: bad
      | a | b |
      | 3 | x |
