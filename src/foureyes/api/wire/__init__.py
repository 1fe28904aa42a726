"""How the 1.x wire is spelled: headers, versions, pages, filters, errors, brief forms. For `api` alone."""
