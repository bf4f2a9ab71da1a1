Feature: Rules
  Rule: the first
    Scenario: same name
      Given a customer

  Rule: the second
    Scenario: same name
      When something breaks

    Scenario Outline: in a rule
      Given a customer

      Examples:
        | a |
        | 1 |
