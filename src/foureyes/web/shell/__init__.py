"""What every page has around its content: who may see it, navigation, health, rendering of pages and their parts."""
